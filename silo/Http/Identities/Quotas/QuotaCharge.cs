using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>One request under way, charged to its identity until it is disposed of.</summary>
internal sealed class QuotaCharge(IdentityUsage usage, IdentityQuota quota, long bytes) : IDisposable
{
    private long _bytes = bytes;
    private int _records; // counted, and not accepted yet
    private bool _isSettled; // records were accepted, or all was given back
    private bool _isOver;

    public string Identity => usage.Identity;

    /// <summary>Counts the records of the body, before they are put; a refusal if other requests have used up the rate since this one began.</summary>
    public QuotaRefusal? TryTake(int records)
    {
        var refusal = usage.TryTakeRecords(quota, records);
        if (refusal is null)
            _records = records;
        return refusal;
    }

    /// <summary>Counts the records of a request, if it is charged to anybody.</summary>
    /// <returns>Its charge, to be settled when they were accepted; null where there is none.</returns>
    /// <exception cref="Reading.RequestRefusedException">Other requests have used up the rate since it began.</exception>
    public static QuotaCharge? Take(HttpContext context, int records)
    {
        var charge = context.Features.Get<QuotaCharge>();
        return charge?.TryTake(records) is { } refusal ? throw refusal.ToAnswer(context) : charge;
    }

    /// <summary>Notes that the records were accepted. From then on nothing is given back.</summary>
    public void Settle() => (_isSettled, _records) = (true, 0);

    /// <summary>Counts bytes of a body whose length nobody announced; a refusal if there are too many.</summary>
    public QuotaRefusal? Grow(long bytes)
    {
        var refusal = usage.TryGrow(quota, _bytes, bytes);
        if (refusal is null)
            _bytes += bytes;
        return refusal;
    }

    /// <summary>
    /// Gives back what the body took of a quota a second, because nothing of the request was taken: there was no room, the process drains, or the client
    /// went away. Where records were taken, and when it is called again, it does nothing.
    /// </summary>
    /// <param name="isRefused">Whether the request counts as refused; one whose client went away does not.</param>
    public void Refund(bool isRefused = true)
    {
        if (_isOver || _isSettled)
            return;
        _isSettled = true;
        usage.Refund(_bytes, isRefused);
        ReturnRecords();
    }

    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        usage.Leave(_bytes);
        ReturnRecords();
    }

    private void ReturnRecords()
    {
        if (_records > 0)
            usage.ReturnRecords(_records);
        _records = 0;
    }
}

/// <summary>A body of which nobody announced the length: its bytes are charged as they arrive.</summary>
internal sealed class CountedBody(PipeReader inner, QuotaCharge charge, HttpContext context) : PipeReader, IRequestBodyPipeFeature
{
    private ReadResult _last;
    private long _counted; // of the bytes that are still in the buffer
    private bool _isFree;

    PipeReader IRequestBodyPipeFeature.Reader => this;

    /// <summary>Charges no more: the body is refused, and what else comes of it is dropped.</summary>
    public void Free() => _isFree = true;

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
        if (!_isFree)
            _counted = _last.Buffer.Slice(consumed).Length;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <exception cref="Reading.RequestRefusedException">The identity has too many bytes under way.</exception>
    private ReadResult Count(ReadResult result)
    {
        if (_isFree)
            return result;
        _last = result;
        var arrived = result.Buffer.Length - _counted;
        _counted = result.Buffer.Length;
        if (charge.Grow(arrived) is not { } refusal)
            return result;
        Free();
        // The server reads the rest itself, and must not find a read under way.
        inner.AdvanceTo(result.Buffer.End);
        throw refusal.ToAnswer(context);
    }
}
