using System.IO.Pipelines;
using System.Net.Security;

namespace Orleans.Kpl.Clustering.Tls;

/// <summary>What Orleans reads and writes of a connection with TLS.</summary>
internal sealed class TlsPipe(SslStream tls) : IDuplexPipe
{
    /// <summary>As much as one record of TLS can hold.</summary>
    private const int RecordBytes = 16 << 10;

    /// <remarks>A connection on which nothing comes holds no buffer.</remarks>
    public PipeReader Input { get; } =
        PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: RecordBytes, minimumReadSize: RecordBytes / 4, leaveOpen: true, useZeroByteReads: true));

    public PipeWriter Output { get; } = PipeWriter.Create(tls, new StreamPipeWriterOptions(minimumBufferSize: RecordBytes, leaveOpen: true));

    /// <summary>Gives the buffers back, also where Orleans failed before it did.</summary>
    public async ValueTask EndAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        await Output.CompleteAsync(new OperationCanceledException("the connection has ended")).ConfigureAwait(false);
    }
}
