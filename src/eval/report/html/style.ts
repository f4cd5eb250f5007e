/** The style sheet of the page: light and dark mode, narrow and wide screens, and print. */

export const STYLE = `
:root{color-scheme:light dark;--page:#f7f8fa;--card:#fff;--ink:#171b21;--soft:#566070;--line:#e2e6eb;--grid:#e9ecf0;--own:#2d6cdf;--other:#a9b3bf;--whisker:#171b21;--focus:#2d6cdf;--code:#f4f6f8;--right:#14713c;--right-bg:#e3f4ea;--wrong:#b0241c;--wrong-bg:#fce9e7;--undecided:#7d5200;--undecided-bg:#fcf0d4;--none:#5a4a7a;--none-bg:#efeaf8}
@media(prefers-color-scheme:dark){:root{--page:#0f1216;--card:#171b21;--ink:#e7eaee;--soft:#9ba6b3;--line:#2a313a;--grid:#252b33;--own:#5b96ff;--other:#5d6875;--whisker:#f2f4f7;--focus:#8ab4ff;--code:#11151a;--right:#6fd39a;--right-bg:#12301f;--wrong:#ff9b92;--wrong-bg:#3a1815;--undecided:#f0c267;--undecided-bg:#33270c;--none:#c3b0ee;--none-bg:#271f3a}}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:9rem}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,.top{max-width:78rem;margin:0 auto;padding:0 1.25rem}
.top{padding-top:2.5rem}
.eyebrow{margin:0;color:var(--soft);font-size:.8125rem;letter-spacing:.04em;text-transform:uppercase;font-weight:600}
h1{margin:.25rem 0 .5rem;font-size:clamp(1.35rem,4vw,2rem);line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
#samples-head{scroll-margin-top:-8rem}
h2{margin:2.5rem 0 .75rem;font-size:1.2rem;letter-spacing:-.005em}
h3{margin:1.5rem 0 .25rem;font-size:1rem}
h4{margin:1rem 0 .25rem;font-size:.75rem;color:var(--soft);text-transform:uppercase;letter-spacing:.04em}
.against{margin:0;color:var(--soft);overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;margin:1rem 0 0;padding:0;font-size:.875rem}
.facts div{min-width:0}
.facts dt{color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.notes{margin:1.25rem 0 0;padding:.75rem 1rem .75rem 2rem;border:1px solid var(--line);border-left:3px solid var(--undecided);border-radius:.5rem;background:var(--card);overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:0 0 1rem;padding:0;list-style:none;font-size:.8125rem;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:.5rem;min-width:0}
.what{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:min(28rem,70vw)}
.key{flex:none;width:1rem;height:.625rem;border-radius:2px}
.key.own{background:var(--own)}.key.other{background:var(--other);height:.375rem}
.key.whisker{height:0;border-top:2px solid var(--whisker);border-radius:0}
.rows{margin:0;padding:0;list-style:none}
.averages{margin-top:.5rem;padding-top:.5rem;border-top:1px solid var(--line)}
.row{display:grid;grid-template-columns:minmax(9rem,13rem) minmax(0,1fr) 11.5rem;gap:.25rem 1.25rem;align-items:center;padding:.375rem 0}
.label,.value{display:flex;flex-direction:column;min-width:0;line-height:1.3}
.label b{overflow-wrap:anywhere;font-weight:600}
small{display:block;color:var(--soft);font-size:.8125rem;font-weight:400}
.value{font-variant-numeric:tabular-nums}
.none{color:var(--soft)}
svg.bar{display:block;overflow:visible}
svg .grid{stroke:var(--grid)}
svg .own{fill:var(--own)}svg .other{fill:var(--other)}
svg .whisker{stroke:var(--whisker);stroke-width:1.5}
.axis{padding:0}
.ticks{position:relative;height:1.25rem;color:var(--soft);font-size:.75rem}
.ticks i{position:absolute;font-style:normal;transform:translateX(-50%);white-space:nowrap}
.ticks i:nth-child(1){left:0}.ticks i:nth-child(2){left:25%}.ticks i:nth-child(3){left:50%}.ticks i:nth-child(4){left:75%}.ticks i:nth-child(5){left:100%}
.difference{font-size:.8125rem;white-space:nowrap;font-variant-numeric:tabular-nums}
.gain{color:var(--right);font-weight:600}.loss{color:var(--wrong);font-weight:600}.even{color:var(--soft)}
.scroll-card{padding:.5rem .55rem}
.scroll{overflow-x:auto;padding:0}
table{border-collapse:collapse;width:100%;font-size:.84375rem;font-variant-numeric:tabular-nums}
th,td{padding:.5rem .55rem;text-align:right;vertical-align:top;white-space:nowrap;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-weight:500;vertical-align:bottom;white-space:normal;line-height:1.3}
th:first-child{text-align:left;position:sticky;left:0;background:var(--card);white-space:normal;min-width:8rem;max-width:13rem;overflow-wrap:anywhere}
tbody th{font-weight:600}
td small{font-size:.75rem}
.controls{position:sticky;top:0;z-index:2;display:flex;flex-wrap:wrap;align-items:end;gap:.75rem 1.25rem;margin:0 -1.25rem;padding:.75rem 1.25rem;background:var(--page);border-bottom:1px solid var(--line)}
.field{display:flex;flex-direction:column;gap:.25rem;font-size:.8125rem;color:var(--soft);min-width:0}
.search{flex:1 1 14rem}
select,input[type=search],button{font:inherit;font-size:.9375rem;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.4rem .65rem;min-height:2.375rem;max-width:100%}
button{cursor:pointer}
button:disabled{opacity:.45;cursor:default}
.choice{margin:0;padding:0;border:0;display:flex;flex-wrap:wrap}
.choice legend{padding:0;font-size:.8125rem;color:var(--soft);margin-bottom:.25rem}
.choice label{position:relative;cursor:pointer}
.choice input{position:absolute;inset:0;opacity:0;margin:0;cursor:pointer}
.choice span{display:block;padding:.4rem .75rem;min-height:2.375rem;border:1px solid var(--line);margin-left:-1px;background:var(--card);font-size:.9375rem}
.choice label:first-of-type span{border-radius:.5rem 0 0 .5rem;margin-left:0}
.choice label:last-of-type span{border-radius:0 .5rem .5rem 0}
.choice input:checked+span{background:var(--own);border-color:var(--own);color:#fff;position:relative}
@media(prefers-color-scheme:dark){.choice input:checked+span{color:#0b0f14}}
:focus-visible,.choice input:focus-visible+span{outline:2px solid var(--focus);outline-offset:2px;z-index:1}
output{font-size:.8125rem;color:var(--soft);flex-basis:100%;font-variant-numeric:tabular-nums}
.note{margin:.25rem 0 .75rem;color:var(--soft);font-size:.875rem}
.scroll~.note{margin:.5rem .55rem}
.sample{background:var(--card);border:1px solid var(--line);border-radius:.5rem;margin:.375rem 0}
.sample>summary{display:grid;grid-template-columns:auto minmax(0,1fr) auto;gap:.25rem .75rem;align-items:center;padding:.5rem .875rem;cursor:pointer;list-style:none}
.sample>summary::-webkit-details-marker{display:none}
.sample>summary:hover{background:var(--code);border-radius:.5rem}
.sample[open]>summary{border-bottom:1px solid var(--line);border-radius:.5rem .5rem 0 0}
.tally{display:flex;gap:.25rem;min-width:7.5rem}
.gist{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.sample[open] .gist{color:var(--soft)}
.id{color:var(--soft);font-size:.8125rem;max-width:12rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.open{padding:0 .875rem .875rem}
.badge{display:inline-block;padding:.0625rem .5rem;border-radius:1rem;font-size:.8125rem;font-weight:600;white-space:nowrap}
.badge.right{color:var(--right);background:var(--right-bg)}.badge.wrong{color:var(--wrong);background:var(--wrong-bg)}
.badge.undecided{color:var(--undecided);background:var(--undecided-bg)}.badge.unparsable{color:var(--none);background:var(--none-bg)}
.text{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--code);border-radius:.375rem;padding:.625rem .75rem;font:.875rem/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;max-height:28rem;overflow:auto;unicode-bidi:isolate}
.reply{margin-top:1rem;border-left:3px solid var(--line);padding-left:.75rem}
.reply.right{border-color:var(--right)}.reply.wrong{border-color:var(--wrong)}.reply.undecided{border-color:var(--undecided)}.reply.unparsable{border-color:var(--none)}
.reply header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.125rem .75rem;margin-bottom:.375rem;font-size:.875rem;overflow-wrap:anywhere}
.answer{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-weight:600;white-space:pre-wrap}
.why,.cost{color:var(--soft);font-size:.8125rem}.cost{margin-left:auto}
.prompt{margin-top:1rem;font-size:.875rem}.prompt>summary{cursor:pointer;color:var(--soft)}
.acting,.left-out{font-size:.85em;color:var(--undecided);background:var(--undecided-bg);border-radius:.25rem;padding:0 .25em}
.pages{display:flex;align-items:center;justify-content:center;gap:1rem;margin:1rem 0;font-variant-numeric:tabular-nums}
.bottom{max-width:78rem;margin:3rem auto 0;padding:1rem 1.25rem 2rem;color:var(--soft);font-size:.8125rem;border-top:1px solid var(--line)}
.spoken{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(max-width:44rem){
.top{padding-top:1.5rem}main,.top{padding-left:1rem;padding-right:1rem}.card{padding:1rem}
.row{grid-template-columns:minmax(0,1fr) auto;padding:.625rem 0}.row svg,.row .none{grid-column:1/-1;grid-row:2}
.value{text-align:right}.axis{grid-template-columns:minmax(0,1fr)}.axis>span:empty{display:none}
.ticks i:nth-child(5){transform:translateX(-100%)}.ticks i:nth-child(1){transform:none}
.controls{position:static;margin:0 -1rem;padding:.75rem 1rem}.field,.choice{flex-basis:100%}.choice label{flex:1;text-align:center}.choice span{padding:.4rem .25rem}
.sample>summary{grid-template-columns:minmax(0,1fr) auto}.tally{min-width:0}.gist{grid-column:1/-1;grid-row:2;white-space:normal;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical}
.cost{margin-left:0}
}
@media print{.controls,.pages{display:none}body{background:#fff}.card,.sample{break-inside:avoid}.text{max-height:none}}
@media(forced-colors:active){svg .own{fill:Highlight}svg .other{fill:GrayText}svg .whisker{stroke:CanvasText}.key.own{background:Highlight}.choice input:checked+span{outline:2px solid Highlight}}
`;
