using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Aiming;

/// <summary>
/// Aims the records of one stream at the silos that serve their shards, while the stream is busy: such a record is not forwarded from silo to silo.
/// </summary>
/// <remarks>
/// An aim is a hint. Each silo hashes, routes and forwards by itself, so that a wrong aim costs one more hop and nothing else. Each silo tells its own
/// ranges, under a version that comes with every answer. A new version is asked for; with the answer come the names of all silos, which are asked in turn.
/// </remarks>
internal sealed class StreamAim(ClientStream stream, ClientServices services)
{
    private static readonly long AskEvery = TimeSpan.FromMilliseconds(250).Ticks;

    private readonly Lock _lock = new();
    private readonly Dictionary<SiloId, AimTarget> _targets = [];
    private readonly AimRule _rule = new(services.Aim, services.Clock);
    private long _told;
    private volatile AimTable? _table;

    /// <summary>The table by which records are aimed; null while they go to any silo.</summary>
    public AimTable? Table => _rule.IsOn ? _table : null;

    /// <summary>Notes how many records wait or are unanswered, as records come.</summary>
    public void Count(int records, int silos) => _rule.Count(records, silos);

    /// <summary>Notes what a silo says with its answer to a message.</summary>
    public void Heard(SiloId silo, ClientReply reply, OutgoingMessage message)
    {
        if (message.IsAimed && reply.Verdict == ClientVerdict.Accepted)
        {
            var wrong = Math.Clamp(reply.Elsewhere, 0, message.Count);
            services.Instruments.Aimed(stream.Stream, message.Count, wrong);
            _rule.Answered(message.Count, wrong);
        }

        if (_rule.IsOn && reply.RangesVersion != 0)
            AskUnless(silo, reply.RangesVersion);
    }

    /// <summary>Forgets a silo that leaves or is lost.</summary>
    public void Forget(SiloId silo)
    {
        lock (_lock)
        {
            if (_targets.Remove(silo))
                _table = new AimTable(_targets.Values);
        }
    }

    /// <summary>Forgets all silos: the stream rests.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _targets.Clear();
            _table = null;
        }
    }

    /// <summary>Asks a silo for its ranges, unless it told those of that version, or was asked just now.</summary>
    /// <param name="version">The version that the silo has now; null where any that it told will do.</param>
    private void AskUnless(SiloId silo, long? version)
    {
        AimTarget? target;
        lock (_lock)
        {
            if (!_targets.TryGetValue(silo, out target))
                _targets.Add(silo, target = new AimTarget(silo));
            if (services.Clock.Now < target.AskAgainAt || (version is null ? target.Version != 0 : target.Version == version))
                return;
            target.AskAgainAt = long.MaxValue;
        }

        _ = AskAsync(target);
    }

    /// <summary>Opens the session at a silo once more, whose answer tells what it serves.</summary>
    private async Task AskAsync(AimTarget target)
    {
        SiloId[] all = [];
        try
        {
            // EndedBefore is above 0: a session that the silo has forgotten is not opened anew. It would take batches that it took before.
            if (await stream.LaneToAsync(target.Silo).ConfigureAwait(false) is { Calls: var lane, Session: var session }
                && await session.OpenAsync(lane).ConfigureAwait(false) is { } id
                && await services.OpenAsync(stream.Stream, lane, new ClientRequest { Session = id, Silo = target.Silo, EndedBefore = 1 })
                    .ConfigureAwait(false) is { Ranges: { } packed } reply
                && reply.HasOpened(target.Silo))
            {
                var ranges = PackedRanges.Parse(packed);
                all = reply.AllSilos ?? [];
                lock (_lock)
                {
                    (target.Version, target.Ranges, target.ToldAt) = (reply.RangesVersion, ranges, ++_told);
                    _table = new AimTable(_targets.Values);
                }
            }
        }
        catch (Exception e)
        {
            services.Events.Unexpected("asking a silo what it serves", e);
        }

        lock (_lock)
            target.AskAgainAt = services.Clock.Now + AskEvery;
        foreach (var silo in all)
            AskUnless(silo, version: null);
    }
}

/// <summary>When a stream aims, in records for each silo: those that wait, and those whose message is not answered yet.</summary>
/// <param name="From">
/// A stream begins to aim above this number. By Little's law the number is the rate of records times a round trip, and so the records that a message of
/// its own would carry. One message costs as much as forwarding some thirty records.
/// </param>
/// <param name="Until">A stream that aims stops below this number. Quiet clients use one silo, which gathers what many of them send.</param>
internal sealed record AimLimits(int From, int Until)
{
    public static readonly AimLimits Default = new(From: 64, Until: 16);
}

/// <summary>Decides whether a stream aims its records at the silos that serve them.</summary>
internal sealed class AimRule(AimLimits limits, MonotonicClock clock)
{
    /// <summary>After so many messages in a row that were aimed wrong, the stream rests from aiming.</summary>
    private const int MostWrong = 8;

    /// <summary>How long it rests: what silos tell is old, or not true.</summary>
    private const long Rest = 10 * TimeSpan.TicksPerSecond;

    private volatile bool _isOn;
    private int _wrong;
    private long _restsUntil;

    public bool IsOn => _isOn;

    /// <summary>Notes how many records wait or are unanswered, as records come.</summary>
    public void Count(int records, int silos)
    {
        var isOn = silos > 1 && (_isOn ? records >= (long)silos * limits.Until : records > (long)silos * limits.From);
        if (isOn != _isOn)
            _isOn = isOn && clock.Now >= Interlocked.Read(ref _restsUntil);
    }

    /// <summary>Notes the answer to a message that was aimed.</summary>
    /// <param name="elsewhere">How many of its records other silos send.</param>
    public void Answered(int records, int elsewhere)
    {
        if (elsewhere * 2 <= records)
        {
            Volatile.Write(ref _wrong, 0);
            return;
        }

        if (Interlocked.Increment(ref _wrong) < MostWrong)
            return;
        Volatile.Write(ref _wrong, 0);
        Interlocked.Exchange(ref _restsUntil, clock.Now + Rest);
        _isOn = false;
    }
}
