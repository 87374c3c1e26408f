using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>A body of which nobody announced the length: its bytes are charged as they arrive.</summary>
internal sealed class CountedBody(PipeReader inner, QuotaTurn turn, HttpContext context) : PipeReader, IRequestBodyPipeFeature
{
    private ReadResult _last;
    private long _counted; // of the bytes that are still in the buffer

    PipeReader IRequestBodyPipeFeature.Reader => this;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Count(await inner.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
            return false;
        result = Count(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _counted = _last.Buffer.Slice(consumed).Length;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <exception cref="Reading.RequestRefusedException">The identity has too many bytes under way.</exception>
    private ReadResult Count(ReadResult result)
    {
        _last = result;
        var arrived = result.Buffer.Length - _counted;
        _counted = result.Buffer.Length;
        if (turn.Grow(arrived) is not { } refusal)
            return result;
        // The server reads the rest itself, and must not find a read under way.
        inner.AdvanceTo(result.Buffer.End);
        throw refusal.ToAnswer(context);
    }
}
