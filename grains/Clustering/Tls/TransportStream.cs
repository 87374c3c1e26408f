using System.Buffers;
using System.IO.Pipelines;
using Orleans.Kpl.Bytes;

namespace Orleans.Kpl.Clustering.Tls;

/// <summary>
/// The two pipes of a connection as the one stream that TLS wants. No call holds a thread: what is written synchronously, as the end of a pipe over TLS
/// does, is left in the pipe and goes out with the next flush or with the end. Whose pipes they are ends them.
/// </summary>
internal sealed class TransportStream(IDuplexPipe transport) : SequentialStream
{
    private readonly PipeReader _input = transport.Input;
    private readonly PipeWriter _output = transport.Output;

    public override bool CanWrite => true;

    /// <remarks>A read into nothing waits until there is something, as TLS asks for before it takes a buffer.</remarks>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCanceled)
            throw new OperationCanceledException("the connection is being closed");
        var count = (int)Math.Min(result.Buffer.Length, buffer.Length);
        var taken = result.Buffer.Slice(0, count);
        taken.CopyTo(buffer.Span);
        _input.AdvanceTo(taken.End);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        Check(await _output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken) =>
        Check(await _output.FlushAsync(cancellationToken).ConfigureAwait(false));

    public override void Write(ReadOnlySpan<byte> buffer) => _output.Write(buffer);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    private static void Check(FlushResult result)
    {
        if (result.IsCanceled)
            throw new OperationCanceledException("the connection is being closed");
        if (result.IsCompleted)
            throw new IOException("the connection has ended");
    }
}
