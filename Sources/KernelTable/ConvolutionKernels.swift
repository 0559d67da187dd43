/// Images are [batch, height, width, channels].
package protocol ConvolutionKernels {
    /// patches[batch·height·width, kernel·kernel·channels]: for every place of every image [height, width, channels] the
    /// square window around it, row by row; zeros beyond the edge. `kernel` is odd. *Bit-equal.*
    func im2col(_ x: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ patches: MF32)
    /// The adjoint: every element of a window is added to the place it was read from. *Bit-equal.*
    func col2im(_ patches: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ x: MF32)
    /// y[batch, height/size, width/size, channels]: the largest of each window of size × size, the first of several;
    /// `chosen` says where in x each came from (so x has at most 2^31 elements). What no window covers is left out.
    /// *Bit-equal.*
    func maxPool(
        _ x: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ size: Int, _ y: MF32, _ chosen: UnsafeMutablePointer<Int32>)
    /// dx[dxCount] = dy at the chosen places, 0 elsewhere. *Bit-equal.*
    func maxPoolBackward(_ dy: F32, _ chosen: Indices, _ count: Int, _ dx: MF32, _ dxCount: Int)

    /// out[batch, height + 2·reach, width + 2·reach, channels]: the images with `reach` zeros on every side. *Bit-equal.*
    func pad(_ x: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ reach: Int, _ out: MF32)
    /// Whether `convolve` can make so many channels; where not, `im2col` and a product do.
    func canConvolve(_ outputs: Int) -> Bool
    /// y[batch·height·width, outputs] = max(windows·weight + bias, 0), or without the maximum, for the windows that `im2col`
    /// would lay out, read from images that `pad` has widened by kernel / 2. weight: [kernel·kernel·channels, outputs].
    func convolve(
        _ padded: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ weight: F32, _ outputs: Int,
        _ bias: F32, _ rectifies: Bool, _ y: MF32)
    /// Whether the two kernels below can take windows of this shape.
    func canScatter(_ channels: Int, _ kernel: Int) -> Bool
    /// For a gradient that is zero but where `maxPool` chose, [count, outputs]: where the window around each begins in the
    /// padded image. `first`: number of the image's first element among those that `chosen` counts. *Bit-equal.*
    func windowStarts(
        _ chosen: Indices, _ count: Int, _ outputs: Int, _ first: Int, _ width: Int, _ channels: Int, _ kernel: Int,
        _ starts: UnsafeMutablePointer<Int32>)
    /// The gradient of the weights [outputs, kernel·kernel·channels] += what one padded image adds to it.
    func chosenWeightGradient(
        _ padded: F32, _ paddedWidth: Int, _ channels: Int, _ kernel: Int, _ dy: F32, _ starts: Indices, _ count: Int,
        _ outputs: Int, _ dw: MF32)
    /// The gradient of one padded image += what its chosen windows add to it. weight: [outputs, kernel·kernel·channels].
    func chosenInputGradient(
        _ dy: F32, _ starts: Indices, _ count: Int, _ outputs: Int, _ weight: F32, _ paddedWidth: Int, _ channels: Int,
        _ kernel: Int, _ dx: MF32)
}
