/// The one script. A live page asks for itself again every two seconds while somebody looks, and puts the parts that differ in place
/// of the old ones. Without it everything is there as well, once for each time the page is loaded.
package enum Script {
    package static let text = #"""
        "use strict";
        (() => {
          const usual = 2000, longest = 30000;
          const main = document.querySelector("main[data-live]");
          const state = document.getElementById("live-state");
          if (!main || !state) return;
          let tag = null, pause = usual, timer = 0, isAsking = false;

          function show(kind, words) {
            state.className = "live-state " + kind;
            if (state.textContent !== words) state.textContent = words;
            state.hidden = false;
          }

          // Scrolled places and the focus stay where they are.
          function put(old, part) {
            const selection = getSelection();
            if (selection && !selection.isCollapsed && selection.containsNode(old, true)) return false;
            const places = [...old.querySelectorAll("[id]")].map((e) => [e.id, e.scrollLeft, e.scrollTop]);
            const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
            old.replaceWith(document.adoptNode(part));
            for (const [id, left, top] of places) {
              const element = left || top ? document.getElementById(id) : null;
              if (element) [element.scrollLeft, element.scrollTop] = [left, top];
            }
            if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
            return true;
          }

          // Returns whether everything that differs could be put in its place.
          function take(text) {
            const next = new DOMParser().parseFromString(text, "text/html");
            let isWhole = true;
            for (const part of next.querySelectorAll("main [data-part]")) {
              const old = document.getElementById(part.id);
              if (old && !old.isEqualNode(part)) isWhole = put(old, part) && isWhole;
            }
            const news = document.getElementById("news"), said = next.getElementById("news");
            if (news && said && news.textContent !== said.textContent) news.textContent = said.textContent;
            document.title = next.title;
            if (!next.querySelector("main[data-live]")) {
              main.removeAttribute("data-live");
              show("over", "Over");
            }
            return isWhole;
          }

          async function ask() {
            const headers = { "tutti-refresh": "1" };
            if (tag) headers["If-None-Match"] = tag;
            const reply = await fetch(location.href, { headers, credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(10000) });
            if (reply.status === 401) {
              main.removeAttribute("data-live");
              show("lost", "Signed out: load the page again");
              return;
            }
            if (reply.status !== 304) {
              if (!reply.ok) {
                pause = Math.max(pause, 1000 * (Number(reply.headers.get("Retry-After")) || 0));
                throw new Error("status " + reply.status);
              }
              const found = reply.headers.get("ETag");
              if (take(await reply.text())) tag = found;
            }
            if (main.hasAttribute("data-live")) show("live", "Live");
            pause = usual;
          }

          async function turn() {
            if (isAsking || document.hidden) return;
            isAsking = true;
            try {
              await ask();
            } catch {
              show("lost", "No answer; trying again");
              pause = Math.min(longest, pause * 2);
            }
            isAsking = false;
            plan(pause);
          }

          function plan(wait) {
            clearTimeout(timer);
            if (main.hasAttribute("data-live") && !document.hidden) timer = setTimeout(turn, wait);
          }

          document.addEventListener("visibilitychange", () => {
            if (!main.hasAttribute("data-live")) return;
            if (document.hidden) show("", "Paused");
            plan(0);
          });
          show("live", "Live");
          plan(usual);
        })();

        """#
}

enum Icon {
    static let text = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g fill="none" stroke="#3a86b7" stroke-width="2" stroke-linecap="round">\
        <path d="M2 4C9 4 10 12 15 12"/><path d="M2 9C9 9 10 12 15 12"/><path d="M2 15C9 15 10 12 15 12"/><path d="M2 20C9 20 10 12 15 12"/></g>\
        <circle cx="18.5" cy="12" r="3.5" fill="#d06a2c"/></svg>

        """
}
