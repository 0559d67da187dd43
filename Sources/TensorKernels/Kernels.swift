internal import CKernelIntrinsics
package import KernelTable
internal import KernelsBaseline

#if arch(x86_64)
    internal import KernelsAVX2
    internal import KernelsAVX512
    internal import KernelsVAES
#endif
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The kernels of this machine.
package enum Kernels {
    /// The environment variable that asks for a level, so that a lower one can be tried where a higher one runs.
    package static let levelVariable = "TUTTI_KERNEL_LEVEL"

    /// The highest level the processor has, or the one that `TUTTI_KERNEL_LEVEL` asks for.
    package static let active: KernelTable = table(choice.level) ?? kernelTableBaseline

    /// What to tell the user when `TUTTI_KERNEL_LEVEL` asks for a level that cannot be had; nil when all is well.
    package static let warning: String? = choice.warning

    /// The levels this processor can run, lowest first.
    package static let available: [KernelLevel] = {
        let highest = Int(tutti_kernel_level())
        return KernelLevel.allCases.filter { $0.rawValue <= highest }
    }()

    /// nil where the processor, or the architecture, does not have the level.
    package static func table(_ level: KernelLevel) -> KernelTable? {
        guard available.contains(level) else { return nil }
        switch level {
        case .baseline: return kernelTableBaseline
        #if arch(x86_64)
            case .avx2: return kernelTableAVX2
            case .avx512: return kernelTableAVX512
        #else
            case .avx2, .avx512: return nil
        #endif
        }
    }

    /// AES fused with the addition, where the processor has it for vectors and the level that runs is AVX2 or above; nil
    /// elsewhere.
    package static let masks: (any MaskKernels)? = {
        #if arch(x86_64)
            return active.level >= .avx2 && tutti_has_vaes() != 0 ? maskKernelsVAES : nil
        #else
            return nil
        #endif
    }()

    private static let choice = choose(
        getenv(levelVariable).map { String(cString: $0) }, available: available)

    /// The level to run, when `asked` is what the environment says.
    package static func choose(
        _ asked: String?, available: [KernelLevel]
    ) -> (level: KernelLevel, warning: String?) {
        let highest = available.last ?? .baseline
        guard let asked, !asked.isEmpty else { return (highest, nil) }
        if let level = available.first(where: { "\($0)" == asked }) { return (level, nil) }
        let names = available.map { "\($0)" }.joined(separator: ", ")
        return (
            highest,
            "\(levelVariable) asks for '\(asked)'; this processor has \(names). Running \(highest): "
                + "set one of those or unset the variable."
        )
    }
}
