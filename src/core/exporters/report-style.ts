/** The style sheet inside report.html: dark and light as the reader's system says, no fonts of our own. */
export const reportStyle = `
:root { color-scheme: light dark; --bg: light-dark(#f4f5f7, #0c0d10); --surface: light-dark(#fff, #131419); --line: light-dark(#e2e4ea, #24272f);
  --text: light-dark(#14161b, #eceef3); --muted: light-dark(#505763, #a3a9b5); --accent: light-dark(#4353e4, #8593ff); --soft: light-dark(#d5d9ff, #2d3360); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 13px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1200px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { margin: 0 0 16px; font-size: 22px; font-weight: 600; letter-spacing: -0.01em; }
h2 { margin: 0 0 8px; font-size: 13px; font-weight: 600; }
section { margin-top: 24px; padding: 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 1px; margin: 0; overflow: hidden; border: 1px solid var(--line); border-radius: 10px; background: var(--line); }
dl div { padding: 8px 12px; background: var(--surface); }
dt { color: var(--muted); font-size: 11px; }
dd { margin: 0; overflow-wrap: anywhere; }
p, li { color: var(--muted); font-size: 12px; }
.plot, .table { overflow-x: auto; }
svg { display: block; }
.grid { stroke: var(--line); }
.bar { fill: var(--accent); }
.room { fill: var(--soft); }
.most { fill: var(--muted); font-size: 10px; }
table { width: 100%; border-collapse: collapse; font-size: 12px; white-space: nowrap; }
th, td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); text-align: left; font-weight: 400; }
thead th { color: var(--muted); font-size: 11px; }
tbody th { font-family: ui-monospace, monospace; }
.n, thead .n { text-align: right; }
`;
