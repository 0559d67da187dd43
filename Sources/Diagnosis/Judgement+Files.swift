package import Foundation

// What is found of files, judged. Nothing is looked at here.

extension Finding {
    /// Whether a file or folder of secrets is closed to group and others.
    package static func closed(_ check: String, _ path: String, _ look: FileLook, missing: String) -> Finding {
        switch look {
        case .missing:
            return .fail(check, .fileMissing, "\(path) is missing.", missing)
        case .there(let mode, let isFolder):
            guard mode & 0o077 != 0 else { return .ok(check, "\(path) has mode \(String(mode, radix: 8))") }
            return .fail(
                check, isFolder ? .folderExposed : .keyExposed, "\(path) is open to others (mode \(String(mode, radix: 8))).",
                "chmod \(isFolder ? "700" : "600") '\(path)'" + (isFolder ? "" : "; if somebody may have read it, replace the secret"))
        }
    }

    /// Updates are written before they are acknowledged: a full disk stops rounds.
    package static func disk(_ check: String, _ folder: String, _ trial: TrialWrite, freeBytes: Int64?) -> Finding {
        switch trial {
        case .full:
            return .fail(check, .diskFull, "nothing more can be written to \(folder).", "Make room on its file system: df '\(folder)'")
        case .refused(let why):
            return .fail(
                check, .folderNotWritable, "\(folder) cannot be written to: \(why).",
                "Let this user write there (ls -ld '\(folder)'), and mount its file system for writing.")
        case .written: break
        }
        guard let freeBytes else { return .ok(check, "it takes what is written") }
        let megabytes = freeBytes / 1_000_000
        guard freeBytes < Limits.roomBytes else { return .ok(check, "\(megabytes) MB free") }
        return .warn(check, .diskLow, "only \(megabytes) MB are free.", "Make room on its file system: df '\(folder)'")
    }

    /// - Parameters:
    ///   - limit: of this process, as another one started from the same shell has it; nil: it cannot be told.
    ///   - purpose: what the `wanted` ones are for.
    ///   - otherwise: what else than a higher limit would do.
    package static func descriptors(_ check: String, limit: Int?, wanted: Int, for purpose: String, otherwise: String = "") -> Finding {
        guard let limit else { return .ok(check, "the limit cannot be told") }
        guard limit < wanted else { return .ok(check, "\(limit) for \(purpose)") }
        return .warn(check, .descriptorsLow, "\(limit) are too few for \(purpose).", "Raise the limit (ulimit -n \(wanted))\(otherwise).")
    }
}

extension Finding {
    /// Whether a certificate is valid now and for a while yet.
    package static func certificate(_ check: String, from: Date, to: Date, now: Date, renewal: String) -> Finding {
        let days = Int((to.timeIntervalSince(now) / 86_400).rounded(.down))
        if now < from {
            return .fail(
                check, .certificateNotYetValid, "it is valid only from \(text(from)), and it is \(text(now)).",
                "Set this machine's clock, by NTP if you can: date -u")
        }
        if now > to { return .fail(check, .certificateExpired, "it ended on \(text(to)).", renewal) }
        let margin = min(Limits.warningSeconds, to.timeIntervalSince(from) * Limits.warningShare)
        if to.timeIntervalSince(now) < margin { return .warn(check, .certificateEndsSoon, "it ends on \(text(to)), in \(days) days.", renewal) }
        return .ok(check, "valid until \(text(to))")
    }

    /// How far the other side's clock is from ours.
    package static func clock(_ check: String, ours: Date, theirs: Date) -> Finding {
        let skew = ours.timeIntervalSince(theirs)
        let words = "this clock is \(Int(min(abs(skew), 1e12).rounded())) s \(skew < 0 ? "behind" : "ahead of") the coordinator's."
        if abs(skew) <= Limits.skewSeconds { return .ok(check, "within \(Int(Limits.skewSeconds)) s of the coordinator's") }
        if abs(skew) <= Limits.skewSecondsMax { return .warn(check, .clockSkew, words, "Let both machines set their clocks by NTP: timedatectl set-ntp true") }
        return .fail(check, .clockSkew, words, "Set the wrong clock, by NTP if you can (timedatectl set-ntp true): certificates are judged by it.")
    }

    static func text(_ date: Date) -> String { date.formatted(Date.ISO8601FormatStyle()) }
}
