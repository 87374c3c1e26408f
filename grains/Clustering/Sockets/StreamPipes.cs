using System.IO.Pipelines;

namespace Orleans.Kpl.Clustering.Sockets;

/// <summary>The bytes of a connection, as Orleans reads and writes them. A connection on which nothing comes holds no buffer.</summary>
/// <param name="stream">What they come from and go to.</param>
/// <param name="blockBytes">How much is read or written at once.</param>
/// <param name="endsStream">Whether the stream ends with the output.</param>
internal sealed class StreamPipes(Stream stream, int blockBytes, bool endsStream = false) : IDuplexPipe
{
    /// <summary>Messages of lanes and of links have 64 KiB. Orleans writes up to four before it sends them, and copies one that does not end in its block.</summary>
    public const int MessageBytes = 256 << 10;

    public PipeReader Input { get; } =
        PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: blockBytes, minimumReadSize: blockBytes / 4, leaveOpen: true, useZeroByteReads: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: blockBytes, leaveOpen: !endsStream));

    /// <summary>Gives the buffers back, also where Orleans failed before it did.</summary>
    public async ValueTask EndAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        await Output.CompleteAsync(new OperationCanceledException("the connection has ended")).ConfigureAwait(false);
    }
}
