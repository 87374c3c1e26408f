using System.IO.Pipelines;

namespace Orleans.Kpl.Clustering.Sockets;

/// <summary>The bytes of a connection, as Orleans reads and writes them. A connection on which nothing comes holds no buffer.</summary>
/// <param name="stream">What they come from and go to.</param>
/// <param name="readBytes">How much is read at once.</param>
/// <param name="writeBytes">How much is written at once.</param>
/// <param name="endsStream">Whether the stream ends with the output.</param>
internal sealed class StreamPipes(Stream stream, int readBytes, int writeBytes, bool endsStream = false) : IDuplexPipe
{
    public PipeReader Input { get; } =
        PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: readBytes, minimumReadSize: readBytes / 4, leaveOpen: true, useZeroByteReads: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: writeBytes, leaveOpen: !endsStream));

    /// <summary>Gives the buffers back, also where Orleans failed before it did. Nobody reads or writes any more.</summary>
    public async ValueTask EndAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        await Output.CompleteAsync(new OperationCanceledException("the connection has ended")).ConfigureAwait(false);
    }
}
