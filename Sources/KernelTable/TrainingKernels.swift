/// Steps of an optimiser. An element is rounded alike wherever it stands: a step does not depend on where a tensor starts.
package protocol TrainingKernels {
    /// v = momentum·v + (g + weightDecay·w); w −= learningRate·v. Without momentum v is neither read nor written.
    func sgdStep(_ w: MF32, _ v: MF32, _ g: F32, _ count: Int, _ learningRate: Float, _ momentum: Float, _ weightDecay: Float)
    /// Adam (Kingma and Ba 2015, arXiv 1412.6980) with the L2 penalty in the gradient, as `torch.optim.Adam` has it:
    /// g' = g + weightDecay·w; m = beta1·m + (1 − beta1)·g'; v = beta2·v + (1 − beta2)·g'²;
    /// w −= learningRate · (m / correction1) / (√(v / correction2) + epsilon), where correctionN = 1 − betaN^t at step
    /// t = 1, 2, …: take it in Double.
    func adamStep(
        _ w: MF32, _ m: MF32, _ v: MF32, _ g: F32, _ count: Int, _ learningRate: Float, _ beta1: Float, _ beta2: Float,
        _ epsilon: Float, _ weightDecay: Float, _ correction1: Double, _ correction2: Double)
    /// g += mu·(w − anchor): the gradient of FedProx's proximal term (arXiv 1812.06127, eq. 2).
    func proximal(_ g: MF32, _ w: F32, _ anchor: F32, _ mu: Float, _ count: Int)
}
