/** The last part of a model's name or path. */
export function shortModel(model: string): string {
  return model.split(/[\\/]/).findLast((part) => part !== '') ?? model;
}
