"""How the page looks: one style sheet, light and dark, without anything to load.

One colour a kind, the same in every picture: blue is computing, green is making
ebits, amber is waiting, purple is measuring, grey is talking. The hues differ in
lightness as well, so that they stay apart for colour-blind readers and in print.
"""

from __future__ import annotations

from interlace.report.markup import Markup

__all__ = ["COLOURS", "STYLE"]

COLOURS = {
    "gate": "#2364aa",
    "swap": "#0e2c52",
    "measure": "#a24b8f",
    "generate": "#12936b",
    "wait": "#e3a72f",
    "hold": "#8dbbe3",
    "message": "#69737f",
    "other": "#a9b1ba",
}
"""Kind to colour, on white; the dark page has its own in the style sheet."""

_DARK = {
    "gate": "#5b9ee6",
    "swap": "#bcd9fb",
    "measure": "#cf7fbd",
    "generate": "#35b88c",
    "wait": "#c98f1d",
    "hold": "#3f6d99",
    "message": "#8b95a1",
    "other": "#5d6671",
}


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{kind}:{colour};" for kind, colour in colours.items())


_KINDS = "".join(
    f".k-{kind}{{--k:var(--{kind});fill:var(--k);stroke:var(--k)}}" for kind in COLOURS
)

_SHEET = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
 font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
 font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:40px 28px 64px}
h1{font-size:15px;font-weight:600;margin:0 0 10px;color:var(--muted)}
h1 b{color:var(--ink);font-weight:600}
.verdict{font-size:27px;line-height:1.28;letter-spacing:-.012em;font-weight:600;margin:0 0 30px;
 max-width:30em;text-wrap:pretty}
.warned{border-left:4px solid var(--lost);padding-left:14px;margin:0 0 30px;max-width:48em}
.nw{white-space:nowrap}
h2{font-size:17px;font-weight:600;letter-spacing:-.005em;margin:0 0 4px}
section{margin-top:44px}
p{margin:0}
.note{color:var(--muted);font-size:13.5px;max-width:62em;margin:0 0 14px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));margin:0;
 border-top:2px solid var(--ink);border-bottom:1px solid var(--rule);padding:14px 0 16px;
 gap:18px 24px}
.figures div{min-width:0}
.figures dt{font-size:13px;color:var(--muted)}
.figures dd{margin:0}
.figures .v{font-size:25px;line-height:1.25;font-weight:600;letter-spacing:-.01em;
 overflow-wrap:anywhere}
.figures .e{font-size:16px;font-weight:500;letter-spacing:0;white-space:nowrap;color:var(--muted)}
.figures .s{font-size:12.5px;line-height:1.4;color:var(--muted);overflow-wrap:anywhere}
.pair{display:grid;grid-template-columns:minmax(0,11fr) minmax(0,9fr);gap:0 48px;align-items:start}
.even{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
svg{display:block;overflow:visible}
svg text{fill:var(--ink);font-family:inherit}
.map{width:100%;max-width:640px;height:auto}
.map.broad{max-width:none;min-width:820px}
.map .grid{stroke:var(--rule);stroke-width:1}
.map .deg{fill:var(--muted);font-size:11px;opacity:.75}
.map .line{stroke:var(--muted);stroke-width:2;stroke-linecap:round;fill:none}
.map .unused{stroke-dasharray:1 6;opacity:.75}
.map .worst{stroke:var(--wait);stroke-width:4.5}
.map .lost{stroke:var(--lost);stroke-width:3;stroke-dasharray:2 5}
.map .lost.worst{stroke-width:4.5;stroke-dasharray:2 7}
.map .leader{stroke:var(--muted);stroke-width:1;opacity:.6}
.map .spot{fill:var(--muted)}
.map .card{fill:var(--paper);stroke:var(--ink);stroke-width:1.4}
.map .relay{stroke:var(--muted);stroke-width:1.2;stroke-dasharray:4 3}
.map .gauge{fill:var(--rule)}
.map .full{fill:var(--gate)}
.map .name{font-size:15px;font-weight:600}
.map .tag{font-size:13px;font-weight:500}
.map .beside{font-size:12px;font-weight:500;paint-order:stroke;stroke:var(--paper);
 stroke-width:3px;stroke-linejoin:round}
.map .sub{font-size:12.5px;fill:var(--muted)}
.map .plate{fill:var(--paper);opacity:.92}
.map .scale{stroke:var(--muted);stroke-width:1.4}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:0 0 12px;padding:0;
 font-size:13px;color:var(--muted)}
.legend li,.causes td:first-child{white-space:normal}
.swatch{display:inline-block;width:11px;height:11px;border-radius:2px;background:var(--k);
 margin-right:7px;vertical-align:-1px}
.swatch.thin{height:5px;vertical-align:2px}
.lanes{display:grid;grid-template-columns:max-content minmax(0,1fr);column-gap:14px;
 font-size:12px;line-height:15px}
.lanes h3{grid-column:1/-1;font-size:13px;line-height:18px;font-weight:600;margin:14px 0 3px}
.lanes h3 span{font-weight:400;color:var(--muted)}
.lanes .rows{color:var(--muted);text-align:right;max-width:170px;overflow:hidden}
.lanes .rows div{height:15px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.lanes svg{width:100%}
.lanes .bed{fill:var(--wash)}
.lanes .tick{stroke:var(--rule);stroke-width:1}
.lanes .axis text{fill:var(--muted);font-size:12px}
.mark{stroke-width:1.4px}
.mark.k-wait,.mark.k-hold{stroke:none}
.mark.k-wait{opacity:.82}
.stack{display:flex;height:26px;gap:2px;margin:12px 0 10px}
.stack i{display:block;min-width:2px;background:var(--k);border-radius:2px}
.shade1{opacity:.72}.shade2{opacity:.5}.shade3{opacity:.34}
table{border-collapse:collapse;width:100%;font-size:14px}
th{font-weight:500;color:var(--muted);font-size:12.5px;text-align:left;vertical-align:bottom}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--rule);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;white-space:nowrap}
.w{padding-left:14px}
tbody th{color:var(--ink);font-size:14px;font-weight:600;vertical-align:top}
.causes td{padding-top:5px;padding-bottom:5px}
.wide{overflow-x:auto;background:
 linear-gradient(90deg,var(--paper) 30%,transparent) 0 0/44px 100% no-repeat local,
 linear-gradient(270deg,var(--paper) 30%,transparent) 100% 0/44px 100% no-repeat local,
 linear-gradient(90deg,var(--shade),transparent) 0 0/12px 100% no-repeat scroll,
 linear-gradient(270deg,var(--shade),transparent) 100% 0/12px 100% no-repeat scroll}
.sideways{display:none;font-size:13px;font-weight:600;margin:0 0 8px}
.sideways::after{content:" \\2194"}
.bits{font:12.5px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
 overflow-wrap:anywhere}
.outcomes td{padding:4px 14px 4px 0;border:0}
.outcomes td.n{padding-right:0;padding-left:16px}
.outcomes th.n{padding-right:0;padding-left:16px}
.outcomes td:nth-child(2){width:100%}
.outcomes s{text-decoration:none;color:var(--muted);opacity:.75}
.outcomes td.bits{width:1%;max-width:340px;min-width:60px}
.short td.bits{white-space:nowrap}
.bar{position:relative;height:17px;min-width:90px}
.bar i{position:absolute;left:0;top:2px;bottom:2px;background:var(--gate);border-radius:0 2px 2px 0;
 min-width:1px}
.bar b{position:absolute;top:-2px;bottom:-2px;width:2.5px;margin-left:-1px;background:var(--ink)}
.key i{display:inline-block;width:16px;height:10px;background:var(--gate);border-radius:1px;
 margin-right:6px;vertical-align:-1px}
.key b{display:inline-block;width:2.5px;height:14px;background:var(--ink);margin:0 7px 0 6px;
 vertical-align:-3px}
.strip circle{fill:var(--ink);fill-opacity:.32}
.strip line{stroke:var(--rule)}
.strip .mean{stroke:var(--ink);stroke-width:2}
.strip text{fill:var(--muted);font-size:12px}
.said{list-style:none;padding:0;margin:6px 0 0}
.said li{padding:6px 0 6px 22px;border-bottom:1px solid var(--rule);position:relative}
.said li::before{position:absolute;left:2px;color:var(--muted)}
.yes li::before{content:"\\2713"}
.no li::before{content:"\\2013"}
.about li::before{content:"\\2248"}
details{margin:9px 0 0 2px;font-size:14px;color:var(--muted)}
summary{cursor:pointer}
details ul{margin:6px 0 0;padding-left:20px}
h3{font-size:14px;font-weight:600;margin:16px 0 0}
dl.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 20px;margin:8px 0 0;
 font-size:14px}
dl.facts dt{color:var(--muted)}
dl.facts dd{margin:0;overflow-wrap:anywhere}
pre{margin:10px 0 0;padding:11px 14px;background:var(--wash);border-radius:4px;overflow-x:auto;
 font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (max-width:875px){.map-broad{display:block}}
@media (max-width:820px){
 main{padding:26px 18px 48px}
 .pair{grid-template-columns:minmax(0,1fr);gap:0}
 .verdict{font-size:22px;margin-bottom:24px}
 .figures{grid-template-columns:repeat(auto-fit,minmax(max(140px,30%),1fr))}
}
@media (max-width:620px){
 .outcomes tr{display:flex;flex-wrap:wrap;align-items:center}
 .outcomes td:nth-child(2),.outcomes .key{flex:1 1 0;width:auto}
 .outcomes td.bits{flex:0 0 100%;max-width:none;width:auto;padding-top:8px}
 .outcomes th:first-child{display:none}
 .outcomes th.n,.outcomes td.n{min-width:66px}
 .lanes .rows{max-width:92px}
}
@media print{main{max-width:none;padding:0}section{break-inside:avoid}}
"""

_LIGHT_BASE = (
    "--paper:#fff;--ink:#17202b;--muted:#5a6572;--rule:#dfe3e8;--wash:#f4f5f7;--shade:#a3abb5;"
    "--lost:#c8402f;"
)
_DARK_BASE = (
    "--paper:#13171d;--ink:#e7eaef;--muted:#9aa4b0;--rule:#2c343e;--wash:#1b2129;--shade:#59636f;"
    "--lost:#ef6a57;"
)

STYLE = Markup(
    f":root{{color-scheme:light dark;{_LIGHT_BASE}{_variables(COLOURS)}}}"
    f"@media (prefers-color-scheme:dark){{:root{{{_DARK_BASE}{_variables(_DARK)}}}}}"
    f"{_KINDS}{_SHEET}"
)
"""The style sheet of the page."""
