import Console
import Testing

struct JobPageTests {
    @Test func aListShowsHowEachJobStands() {
        let text = JobsPage.content(Samples.jobs).main.text
        for words in [
            "All 25", "queued 1", "running 2", "completed 1", "failed 1", "cancelled 20", "aria-current=\"true\"", "12 / 30", "federated training",
            "waits for <bdi>not built</bdi>", "cancelling", "k7a8f3c2b1a0", "2025-11-22 08:00:02 UTC", "/console/jobs?state=failed", "/console/jobs?page=2",
            "2 jobs running, 1 queued, 1 failed.",
        ] { #expect(text.contains(words), "\(words)") }
        // Only what goes on, and was not cancelled already, may be cancelled.
        let ways = text.components(between: "<a href=\"", "\"").filter { $0.hasSuffix("/cancel") }
        #expect(ways == ["/console/jobs/\(Samples.job)/cancel", "/console/jobs/\(Samples.job)1/cancel"])
        #expect(JobsPage.content(Samples.jobs).isLive)
        var filtered = Samples.jobs
        (filtered.only, filtered.page, filtered.jobs) = (.failed, 3, [])
        let none = JobsPage.content(filtered).main.text
        #expect(none.contains("There are no older jobs.") && none.contains("/console/jobs?state=failed&amp;page=2"))
    }

    @Test func aJobShowsItsHistory() {
        let running = JobPage.content(Samples.runningJob)
        for words in [
            "<dt>Progress</dt><dd><strong>12 / 30</strong>", "1 failed, 1 interrupted", "<strong>61.3</strong>", "Processing started", "expected to end",
            "2025-11-22 08:01:40 UTC", "There is none yet.", "The job is running, progress 12 / 30.", "/console/jobs/\(Samples.job)/cancel",
            "href=\"/console/sessions/fl-session-7\"",
        ] { #expect(running.main.text.contains(words), "\(words)") }
        // The newest line first.
        let lines = running.main.text.components(between: "<tbody>", "</tbody>").last ?? ""
        #expect(lines.components(between: "<td>", "</td>").first?.contains("08:00:09") == true && running.isLive)

        let completed = JobPage.content(Samples.completedJob)
        for words in ["/console/jobs/\(Samples.job)/result", "held_out.loss", "0.91", String(repeating: "cd", count: 32), "412", "application/json"] {
            #expect(completed.main.text.contains(words), "\(words)")
        }
        #expect(!completed.isLive && !completed.main.text.contains("/cancel") && !completed.main.text.contains("expected to end"))

        let failed = JobPage.content(Samples.failedJob).main.text
        #expect(failed.contains("training_ended") && failed.contains("budget exhausted") && failed.contains("It left none.") && !failed.contains("/result"))
        let blocked = JobPage.content(JobModel(standing: Samples.blocked, priority: "normal")).main.text
        #expect(!blocked.contains("/console/sessions/"), "there is none to look at")
        #expect(blocked.contains("What the job waits for") && blocked.contains("use a coordinator that has it"))
    }

    @Test func cancellingIsAskedForOnce() {
        #expect(CancelPage.content(Samples.job(.running), csrf: "c5").main.text.contains("The session that it made is stopped."))
        var asked = Samples.job(.running)
        asked.cancelAskedAt = Samples.start
        for job in [asked, Samples.job(.completed)] { #expect(!CancelPage.content(job, csrf: "c5").main.text.contains("<form")) }
    }

    @Test func alertsShowTheirNumbersAgainstTheThreshold() {
        let text = AlertsPage.content(Samples.alerts).main.text
        for words in [
            "1 alert fires. 1 rule may soon.", "91.24 %", "&gt; 90 %", "≤ 88 %", "for 60 s", "&lt; 7 days", "≥ 8 days", "at once", "192.0.2.7", "pending",
            "2025-11-22 08:06:40 UTC", "with 20 of them or more", "1 alert firing: The disk is filling.",
        ] { #expect(text.contains(words), "\(words)") }
        #expect(AlertsPage.content(Samples.alerts).title == "(1) Alerts" && AlertsPage.content(Samples.quiet).title == "Alerts")
        let quiet = AlertsPage.content(Samples.quiet).main.text
        #expect(quiet.contains("Nothing fires.") && quiet.contains("No alert has ended") && !quiet.contains("firing-table"))
    }

    @Test func shortNumbersAreExactEnough() {
        for (value, shown) in [
            (0, "0"), (97, "97"), (0.75, "0.75"), (0.001234, "0.00123"), (-2.5, "\u{2212}2.5"), (1234.567, "1234.57"), (100, "100"), (1e-9, "0"), (.nan, "–"),
        ] as [(Double, String)] { #expect(Words.short(value) == shown, "\(value)") }
        #expect(Words.short(nil) == "–" && Words.short(1e300) == "1e+300")
    }
}
