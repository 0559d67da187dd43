/// The one stylesheet. It asks for nothing from elsewhere: fonts are the system's.
package enum Stylesheet {
    package static let text = """
        :root { color-scheme: light dark; \(Palette.light.properties) }
        @media (prefers-color-scheme: dark) { :root { \(Palette.dark.properties) } }

        *, *::before, *::after { box-sizing: border-box; }
        html { font: 100%/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--ground); color: var(--ink); }
        main { max-width: 76rem; margin: 0 auto; padding: 2.25rem 1.5rem 5rem; }
        main:focus { outline: none; }
        h1, h2, h3 { line-height: 1.2; letter-spacing: -0.011em; text-wrap: balance; }
        h1 { font-size: 1.75rem; font-weight: 650; margin: 0 0 1.25rem; }
        h1.id { font: 600 1.2rem/1.4 ui-monospace, "SFMono-Regular", "DejaVu Sans Mono", Menlo, Consolas, monospace; letter-spacing: 0; overflow-wrap: anywhere; margin-bottom: 0.5rem; }
        h2 { font-size: 1.2rem; font-weight: 620; margin: 3rem 0 1rem; }
        h3 { font-size: 0.95rem; font-weight: 620; margin: 0 0 0.5rem; }
        h3 small { font-weight: 400; color: var(--muted); }
        p { margin: 0 0 1rem; max-width: 70ch; }
        a { color: var(--accent); text-decoration-thickness: 0.06em; text-underline-offset: 0.2em; }
        a:hover { text-decoration-thickness: 0.12em; }
        code, .id { font-family: ui-monospace, "SFMono-Regular", "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 0.92em; }
        code { background: var(--raised); border-radius: 0.25rem; padding: 0.1em 0.35em; overflow-wrap: anywhere; }
        .muted, small { color: var(--muted); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 0.25rem; }
        .unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        [hidden] { display: none !important; }

        .skip { position: absolute; left: 1rem; top: -4rem; background: var(--surface); padding: 0.6rem 1rem; z-index: 2; }
        .skip:focus { top: 0.75rem; }
        .top { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 2rem; padding: 0.7rem 1.5rem; background: var(--surface); border-bottom: 1px solid var(--line); }
        .brand { display: inline-flex; align-items: center; gap: 0.6rem; font-weight: 680; font-size: 1.1rem; letter-spacing: -0.01em; color: var(--ink); text-decoration: none; padding: 0.25rem 0; }
        .mark .voice { stroke: var(--accent); stroke-width: 1.7; stroke-linecap: round; }
        .mark .voice-end { fill: var(--second); }
        nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem; list-style: none; margin: 0; padding: 0; }
        nav li a { display: block; padding: 0.4rem 0.75rem; border-radius: 0.45rem; color: var(--ink); text-decoration: none; }
        nav li a:hover { background: var(--raised); }
        nav li a[aria-current] { background: var(--raised); font-weight: 620; }
        .who { margin-left: auto; display: flex; flex-wrap: wrap; align-items: center; gap: 0.35rem 1rem; font-size: 0.92rem; }
        .who form { margin: 0; }
        .tenant { color: var(--muted); }
        .live-state { display: inline-flex; align-items: center; gap: 0.45rem; color: var(--muted); font-variant-numeric: tabular-nums; }
        .live-state::before { content: ""; width: 0.55rem; height: 0.55rem; border-radius: 50%; border: 2px solid var(--muted); }
        .live-state.live::before { background: var(--good); border-color: var(--good); }
        .live-state.lost::before { background: var(--bad); border-color: var(--bad); }
        .filters { margin: 0 0 1rem; font-size: 0.94rem; font-variant-numeric: tabular-nums; }
        .filters ul { margin-left: -0.75rem; }
        .trail { margin: 0 0 0.35rem; font-size: 0.92rem; }
        .trail::before { content: "← " / ""; color: var(--muted); }

        button, .button { display: inline-block; font: inherit; font-weight: 600; line-height: 1.3; padding: 0.55rem 1.1rem; border-radius: 0.5rem; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); cursor: pointer; text-decoration: none; }
        button:hover, .button:hover { filter: brightness(1.08); text-decoration: none; }
        .quiet { background: transparent; color: var(--ink); border-color: var(--edge); font-weight: 500; }
        .who .quiet { padding: 0.3rem 0.75rem; }
        .danger { background: transparent; color: var(--bad); border-color: var(--bad); }
        button.danger { background: var(--bad); color: var(--surface); }
        form.row { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-top: 1.5rem; }
        label { display: block; font-weight: 600; margin-bottom: 0.4rem; }
        input { font: inherit; width: 100%; padding: 0.6rem 0.75rem; border: 1px solid var(--edge); border-radius: 0.5rem; background: var(--ground); color: var(--ink); }
        input[aria-invalid] { border-color: var(--bad); }

        .card { background: var(--surface); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1.1rem 1.2rem; }
        .narrow, .sign-in { max-width: 28rem; margin: 4vh auto 0; padding: 2rem; }
        .sign-in .muted { font-size: 0.9rem; margin: 0.7rem 0 1.4rem; }
        .sign-in button { width: 100%; }
        .problem { background: var(--bad-ground); color: var(--bad); border-radius: 0.5rem; padding: 0.65rem 0.85rem; }
        .empty { color: var(--muted); }
        .lead { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.1rem; max-width: none; }
        .waits { list-style: none; margin: 0 0 1.25rem; padding: 0.8rem 1rem; background: var(--warn-ground); border-radius: 0.6rem; }
        .waits strong { color: var(--warn); }

        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1px; margin: 1.5rem 0 0; background: var(--line); border: 1px solid var(--line); border-radius: 0.75rem; overflow: hidden; }
        .figures > div { background: var(--surface); padding: 0.9rem 1.1rem; }
        .figures dt { font-size: 0.85rem; color: var(--muted); }
        .figures dd { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.45rem; margin: 0.15rem 0 0; font-variant-numeric: tabular-nums; }
        .figures strong { font-size: 1.55rem; font-weight: 600; letter-spacing: -0.02em; line-height: 1.2; }
        .figures small { font-size: 0.85rem; }

        .badge { display: inline-block; padding: 0.12rem 0.6rem; border-radius: 1rem; font-size: 0.85rem; font-weight: 600; white-space: nowrap; background: var(--raised); color: var(--ink); }
        .badge.good, .badge.seen-no { background: var(--good-ground); color: var(--good); }
        .badge.warn, .badge.idle, .badge.seen-partly { background: var(--warn-ground); color: var(--warn); }
        .badge.bad { background: var(--bad-ground); color: var(--bad); }
        .badge.busy { background: var(--busy-ground); color: var(--accent); }

        .scroll { position: relative; overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 0.75rem; }
        .scroll + .scroll, .scroll + .after { margin-top: 1rem; }
        #rounds-table, #members-table, #log-table { max-height: 34rem; overflow-y: auto; }
        table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 0.94rem; }
        caption { text-align: left; color: var(--muted); font-size: 0.88rem; padding: 0.8rem 1.1rem 0.5rem; }
        caption > span { position: sticky; left: 1.1rem; display: inline-block; max-width: min(110ch, calc(100vw - 4.4rem)); }
        th, td { text-align: left; vertical-align: baseline; padding: 0.5rem 0.7rem; border-top: 1px solid var(--line); }
        th:first-child, td:first-child { padding-left: 1.1rem; }
        th:last-child, td:last-child { padding-right: 1.1rem; }
        thead th { position: sticky; top: 0; z-index: 1; background: var(--surface); border-top: 0; border-bottom: 1px solid var(--edge); font-size: 0.85rem; font-weight: 600; color: var(--muted); white-space: nowrap; }
        tbody tr:first-child > * { border-top: 0; }
        tbody th { font-weight: 500; min-width: 7.5rem; overflow-wrap: anywhere; }
        tbody th.number { min-width: 0; }
        td time { white-space: nowrap; }
        #sessions-table td time, #jobs-table td time, #over-table td time { white-space: normal; }
        #jobs-table tbody th { max-width: 15rem; }
        #jobs-table th .id { white-space: normal; }
        #jobs-table td time { display: block; min-width: 6rem; }
        #times-table, #result-table { max-width: 60rem; }
        #lacks-table { margin-top: 1rem; }
        td.id { overflow-wrap: anywhere; }
        #members-table td { white-space: nowrap; }
        #members-table small { white-space: normal; min-width: 12rem; }
        #ending { margin-top: 2.5rem; }
        tbody tr:hover > * { background: var(--raised); }
        tbody th small, td small { display: block; font-weight: 400; }
        .number { text-align: right; font-variant-numeric: tabular-nums lining-nums; white-space: nowrap; }
        .prose { min-width: 16rem; max-width: 60ch; }
        #rounds-table .prose { min-width: 10rem; }
        tr.void > * { color: var(--muted); }
        progress { display: block; width: 100%; min-width: 5rem; height: 0.3rem; margin-top: 0.3rem; border: 0; border-radius: 1rem; overflow: hidden; background: var(--line); accent-color: var(--accent); }
        progress::-webkit-progress-bar { background: var(--line); }
        progress::-webkit-progress-value { background: var(--accent); border-radius: 1rem; }
        progress::-moz-progress-bar { background: var(--accent); }
        .pages { display: flex; gap: 1.5rem; margin-top: 1rem; }

        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; }
        .charts > .empty { margin: 0; }
        .aside { margin: 0; max-width: none; color: var(--muted); display: flex; flex-direction: column; justify-content: center; }
        .aside strong { color: var(--ink); font-size: 1.05rem; }
        .chart { display: block; width: 100%; height: auto; overflow: visible; font-size: 12px; font-variant-numeric: tabular-nums; }
        .chart text { fill: var(--muted); }
        .chart .grid { stroke: var(--line); }
        .chart .base, .chart .tick { stroke: var(--edge); }
        .chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        .chart .dot { stroke-width: 1.5; }
        .chart .hit { fill: transparent; }
        .chart .point:hover .dot { stroke-width: 6; }
        .chart .series-0 .line, .chart .series-0 .dot { stroke: var(--accent); }
        .chart .series-0 .dot { fill: var(--accent); }
        .chart .series-1 .line, .chart .series-1 .dot { stroke: var(--second); }
        .chart .series-1 .line { stroke-dasharray: 5 4; }
        .chart .series-1 .dot { fill: var(--second); }
        .chart .hollow .dot { fill: var(--surface); }
        .chart .end-label { font-weight: 650; }
        .chart .end-label.series-0 { fill: var(--accent); }
        .chart .end-label.series-1 { fill: var(--second); }
        .chart .bound { stroke: var(--bad); stroke-dasharray: 2 4; stroke-width: 1.5; }
        .chart .bound-label { fill: var(--bad); }

        @media (min-width: 72rem) { td .id, th .id { white-space: nowrap; } #jobs-table tbody th { min-width: 13rem; } }
        @media (max-width: 46rem) {
          main { padding: 1.5rem 1rem 3.5rem; }
          .top { padding: 0.6rem 1rem; }
          .who { margin-left: 0; width: 100%; justify-content: space-between; }
          .wide { display: none; }
          .card { padding: 0.9rem; }
          .sign-in, .narrow { padding: 1.4rem; }
          .figures { grid-template-columns: repeat(2, 1fr); }
          .figures strong { font-size: 1.3rem; }
          .chart { font-size: 15px; }
          th, td { padding: 0.45rem 0.5rem; }
          #sight-table table, #sight-table tbody, #sight-table tr, #sight-table th, #sight-table td { display: block; width: auto; max-width: none; min-width: 0; }
          #sight-table caption { display: block; }
          #sight-table thead { display: none; }
          #sight-table tr { padding: 0.75rem 0.9rem; border-top: 1px solid var(--line); }
          #sight-table th, #sight-table td { border: 0; padding: 0.15rem 0; }
          #sight-table tbody tr:hover > * { background: transparent; }
        }
        @media (prefers-reduced-motion: no-preference) {
          .live-state.live::before { animation: breathe 2s ease-in-out infinite; }
          @keyframes breathe { 50% { opacity: 0.35; } }
        }
        @media (forced-colors: active) { .badge { border: 1px solid; } .chart .line { stroke: CanvasText; } }
        @media print { .top, .skip, #ending { display: none; } #rounds-table, #members-table, #log-table { max-height: none; } }

        """
}
