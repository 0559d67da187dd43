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
}
