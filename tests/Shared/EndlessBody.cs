using System.Buffers;
using System.IO.Pipelines;

namespace Orleans.Kpl.Testing;

/// <summary>A body that goes on for as long as it is read, up to a GiB.</summary>
internal sealed class EndlessBody : PipeReader
{
    private static readonly ReadOnlySequence<byte> Part = new(new byte[1 << 20]);

    /// <summary>The bytes that were read.</summary>
    public long Taken { get; private set; }

    /// <summary>Whether its stream is reset once bytes were read, as Kestrel tells it.</summary>
    public bool IsReset { get; init; }

    public override void AdvanceTo(SequencePosition consumed) =>
        Taken += IsReset ? throw new IOException("The client reset the request stream.") : Part.Slice(0, consumed).Length;

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => AdvanceTo(consumed);

    public override void CancelPendingRead()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => new(Next());

    public override bool TryRead(out ReadResult result)
    {
        result = Next();
        return true;
    }

    private ReadResult Next() => new(Part, isCanceled: false, isCompleted: Taken >= 1 << 30);
}
