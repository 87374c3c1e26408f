using Microsoft.Extensions.Logging;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Links;

/// <summary>
/// The records of one stream that one other silo owns: packed in the order they came, sent at once while little is under way
/// and in fuller frames while more is, and kept until their ends are back. A frame that got no answer is sent again; the owner
/// takes it once.
/// </summary>
/// <remarks>
/// Four things may happen to a frame at the same time, each on a thread of its own: the call that sends it, its records' outcomes, which may come
/// before that call has its answer and more than once, the loss of the owner, and its leaving. What keeps each record to one end is the
/// table of sent frames, under the lock: a frame stands in it before it is sent, and whoever ends a record has crossed it out there first.
/// </remarks>
internal sealed partial class Outbox
{
    /// <summary>
    /// Frames under way at once: enough to keep the owner busy, few enough that frames fill up when it is. Where order matters one of each
    /// shard (<see cref="OwnerTenure"/>), so that none overtakes another.
    /// </summary>
    private const int MaxUnderWay = 4;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LastWait = TimeSpan.FromMilliseconds(500);

    private readonly StreamPipeline _stream;
    private readonly SiloAddress _self;
    private readonly ISiloLink _link;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly FrameQueue _waiting = new();
    private readonly SortedList<long, SentFrame> _sent = [];
    private readonly CancellationTokenSource _stop = new();
    private long _next;
    private int _underWay;
    private bool _isLost;
    private bool _isClosed;
    private TaskCompletionSource? _idle;

    /// <param name="stream">The stream whose records these are.</param>
    /// <param name="self">This silo.</param>
    /// <param name="silo">The owner.</param>
    /// <param name="link">The way to it.</param>
    /// <param name="logger">Hears of frames that were not taken.</param>
    public Outbox(StreamPipeline stream, SiloAddress self, SiloAddress silo, ISiloLink link, ILogger logger) =>
        (_stream, _self, Silo, _link, _logger) = (stream, self, silo, link, logger);

    public SiloAddress Silo { get; }

    /// <summary>Takes a record over; false when the owner was lost or owns nothing any more.</summary>
    public bool TryAdd(in IncomingRecord record)
    {
        lock (_lock)
        {
            if (_isLost || _isClosed)
                return false;
            _waiting.Add(record);
            return true;
        }
    }

    /// <summary>Takes over what is packed already; false when the owner was lost or owns nothing any more.</summary>
    public bool TryAdd(QueuedFrame frame)
    {
        lock (_lock)
        {
            if (_isLost || _isClosed)
                return false;
            _waiting.Add(frame);
            return true;
        }
    }

    /// <summary>Sends a frame of an ordered stream, whose way its turn sees to. Null when the owner was lost or owns nothing any more.</summary>
    public SentFrame? Send(QueuedFrame frame, OwnerTenure turn)
    {
        SentFrame sent;
        lock (_lock)
        {
            if (_isLost || _isClosed)
                return null;
            // In the table before it is sent: its outcomes may be back before this call is.
            sent = new SentFrame(frame, _next, turn);
            _next += frame.Records.Length;
            _sent.Add(sent.First, sent);
            _underWay++;
        }

        _ = Task.Run(() => SendAsync(sent));
        return sent;
    }

    /// <summary>Sends what was added, as far as frames may be under way.</summary>
    public void Pump()
    {
        while (true)
        {
            SentFrame sent;
            lock (_lock)
            {
                if (_isLost || _underWay >= MaxUnderWay || _waiting.Take() is not { } frame)
                    return;
                sent = new SentFrame(frame, _next);
                _next += frame.Records.Length;
                _sent.Add(sent.First, sent);
                _underWay++;
            }

            _ = Task.Run(() => SendAsync(sent));
        }
    }

    /// <summary>Ends of records are back.</summary>
    public void Take(PackedOutcomes outcomes)
    {
        var ends = new List<ForwardedOutcome>(outcomes.Count);
        List<SentFrame> told = [];
        lock (_lock)
        {
            SentFrame? sent = null;
            foreach (var outcome in outcomes)
            {
                if (sent is null || outcome.Index < sent.First || outcome.Index >= sent.End)
                    sent = Find(outcome.Index);
                var place = (int)(outcome.Index - (sent?.First ?? 0));
                // Told before, or ended here when the owner was lost: then its frame is not in the table any more.
                if (sent is null || !sent.TryEnd(place))
                    continue;
                if (sent.Turn is not null && outcome.Result.ErrorCode == OutcomesFrame.GivenBack)
                    sent.GiveBack(place, outcome.Result.Attempts);
                else
                    ends.Add(ForwardedOutcomes.Of(sent.Frame, place, outcome.Result));
                if (sent.IsSettled)
                    _sent.Remove(sent.First);
                if (sent.Turn is not null && sent.IsSettled)
                    told.Add(sent);
            }
        }

        // Outside the lock, since callers' code runs; the turns last, since what they begin goes behind these records.
        _stream.Forwarding.End(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ends));
        foreach (var sent in told)
            sent.Turn!.Settled(sent);
    }

    /// <summary>When the oldest record that has not come back was accepted.</summary>
    public long OldestAcceptedAt()
    {
        lock (_lock)
        {
            var oldest = _waiting.OldestAcceptedAt();
            foreach (var sent in _sent.Values)
                oldest = Math.Min(oldest, sent.Frame.OldestAcceptedAt);
            return oldest;
        }
    }

    /// <summary>
    /// The owner owns nothing any more: what was not sent goes to the next owners. Completes when what was sent has arrived; its
    /// ends are still to come.
    /// </summary>
    public Task CloseAsync()
    {
        List<QueuedFrame> unsent;
        Task idle;
        lock (_lock)
        {
            _isClosed = true;
            unsent = _waiting.TakeAll();
            if (_underWay > 0)
                _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            idle = _idle?.Task ?? Task.CompletedTask;
        }

        foreach (var frame in unsent)
            frame.RouteAgain(_stream);
        return idle;
    }

    /// <summary>
    /// The owner is gone for good, or this silo is: what was sent has an unknown end, what was not goes to the next owner.
    /// </summary>
    /// <param name="code">The code of what was sent.</param>
    /// <param name="message">Says why.</param>
    public void OnLost(string code, string message)
    {
        List<SentFrame> sent;
        List<QueuedFrame> unsent;
        lock (_lock)
        {
            if (_isLost)
                return;
            // Outcomes that come after this find nothing to end; those that came before have left only open records here.
            _isLost = true;
            sent = [.. _sent.Values];
            _sent.Clear();
            unsent = _waiting.TakeAll();
        }

        _stop.Cancel();
        foreach (var frame in sent)
            _stream.Forwarding.End(ForwardedOutcomes.Unknown(frame, code, message));
        foreach (var frame in sent)
            frame.Turn?.Settled(frame);
        foreach (var frame in unsent)
            frame.RouteAgain(_stream);
    }

    private async Task SendAsync(SentFrame sent)
    {
        try
        {
            var backoff = new Backoff(FirstWait, LastWait);
            while (!await TrySendAsync(sent).ConfigureAwait(false))
                await Task.Delay(backoff.Next(), _stream.Clock.Time, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Lose() has ended the records, or is about to.
        }
        finally
        {
            lock (_lock)
            {
                if (--_underWay == 0)
                    _idle?.TrySetResult();
            }

            sent.Turn?.Arrived();
            Pump();
        }
    }

    private async Task<bool> TrySendAsync(SentFrame sent)
    {
        try
        {
            var frame = new RecordsFrame(_self, _stream.Stream, sent.First, Settled(), sent.Frame.Bytes, sent.Frame.TermsAt(_stream.Clock.Now))
            {
                Shard = sent.Turn?.ShardId,
                Turn = sent.Turn?.Number ?? 0,
            };
            return await _link.TakeRecords(frame).ConfigureAwait(false);
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            LogNotTaken(e, Silo, sent.Frame.Records.Length, _stream.Stream);
            return false;
        }
    }

    /// <summary>
    /// Every record before this number has its outcome here: the owner may forget that it took them. A frame that is still to be
    /// answered is never below it, so one that is sent again is still known there.
    /// </summary>
    private long Settled()
    {
        lock (_lock)
            return _sent.Count == 0 ? _next : _sent.GetKeyAtIndex(0);
    }

    /// <summary>The frame of a record's number; guarded by the lock.</summary>
    private SentFrame? Find(long number)
    {
        var (low, high) = (0, _sent.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var sent = _sent.GetValueAtIndex(middle);
            if (number < sent.First)
                high = middle - 1;
            else if (number >= sent.End)
                low = middle + 1;
            else
                return sent;
        }

        return null;
    }

    [LoggerMessage(60, LogLevel.Warning, "Silo {Silo} did not take {Records} records of stream {Stream}; they are sent again")]
    private partial void LogNotTaken(Exception error, SiloAddress silo, int records, string stream);
}
