using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Silos.Membership;

/// <summary>The silos that may own shards: active silos that have not announced that they leave. Raises events when one starts, leaves or is lost.</summary>
internal sealed class LiveSilos(ISiloMembership membership, TimeProvider time)
{
    private const int MostNotCovered = 100;

    /// <summary>Of so many silos that were never listed it is known since when they were asked about. Clients may make them up.</summary>
    public const int MostUnknown = 1_000;

    /// <summary>So many silos are told as lost, for so long.</summary>
    private const int MostLosses = 16;
    private static readonly TimeSpan LossIsTold = TimeSpan.FromHours(1);

    /// <summary>
    /// For how long a silo that membership does not list may be a new one: longer than it takes until each silo has read the membership table again.
    /// </summary>
    private static readonly TimeSpan LongestUnknown = TimeSpan.FromMinutes(3);

    /// <summary>So many seconds the clocks of silos may differ; generations are seconds of those clocks.</summary>
    private const int ClocksDiffer = 30;

    private readonly Lock _lock = new();
    private readonly HashSet<SiloId> _leaving = [];

    /// <summary>The silos that membership has listed. One that it lists no more is gone: it forgets the dead.</summary>
    private readonly HashSet<SiloId> _seen = [];

    /// <summary>Silos that were asked about and never listed, and when they were first asked about, in timestamps of the clock.</summary>
    private readonly Dictionary<SiloId, long> _unknown = [];
    /// <summary>The silos that were seen active and have not gone. Those that were gone before this one's time are no loss.</summary>
    private readonly HashSet<SiloId> _wereActive = [];
    private readonly Queue<(SiloId Silo, DateTimeOffset At)> _losses = [];
    private long? _lastLossAt;
    private SiloId[] _owners = [];
    private ulong[] _numbers = [];

    /// <summary>Raised when the silos that may own shards have changed.</summary>
    public event Action? Changed;

    /// <summary>Raised when a silo is gone for good.</summary>
    public event Action<SiloId>? Lost;

    /// <summary>When a silo was last lost without announcing that it leaves, in timestamps of the clock; null for never.</summary>
    public long? LastLossAt
    {
        get
        {
            lock (_lock)
                return _lastLossAt;
        }
    }

    public SiloId Self => membership.Self;

    /// <summary>Whether this silo is about to stop and there are others: no shard may be opened here any more.</summary>
    public bool IsLeaving
    {
        get
        {
            lock (_lock)
                return _owners.Length > 0 && _leaving.Contains(Self);
        }
    }

    /// <summary>The silos that may own shards.</summary>
    public IReadOnlyList<SiloId> Owners
    {
        get
        {
            lock (_lock)
                return _owners;
        }
    }

    /// <summary>The silos that take part in the cluster, this one and those that leave too.</summary>
    public IEnumerable<SiloId> Active => membership.Silos.Where(static s => s.Value == SiloStanding.Active).Select(static s => s.Key);

    /// <summary>The silos that were lost lately without announcing that they leave, as this silo saw it; oldest first.</summary>
    public IReadOnlyList<(SiloId Silo, DateTimeOffset At)> Losses
    {
        get
        {
            var now = time.GetUtcNow();
            lock (_lock)
                return [.. _losses.Where(l => now - l.At < LossIsTold)];
        }
    }

    /// <summary>Begins to listen to membership changes.</summary>
    public void Start()
    {
        membership.Subscribe(OnChanged);
        Recount();
    }

    /// <summary>
    /// Whether that silo is gone for good. One that membership does not list is either new and not yet known here, or gone: it was listed before, another
    /// one started later at its address, it is from before this silo's time, or it stays unknown. Generations are times of other machines' clocks, so they
    /// only make it quicker.
    /// </summary>
    /// <param name="clocksDiffer">By how many seconds a clock may be behind without a new silo being taken for one from before this silo's time.</param>
    public bool IsLost(SiloId silo, int clocksDiffer = ClocksDiffer)
    {
        var standing = membership.StandingOf(silo);
        return standing == SiloStanding.Dead
            || (standing == SiloStanding.None && (silo.Generation < Self.Generation - clocksDiffer || IsReplaced(silo) || IsForgotten(silo)));
    }

    /// <summary>Whether membership lists the silo, whatever its standing: nobody has made it up.</summary>
    public bool IsListed(SiloId silo) => membership.StandingOf(silo) != SiloStanding.None;

    /// <summary>Returns the silo that looks after something, the same on all silos that know the same silos; null while none is active.</summary>
    public SiloId? OwnerOf(string key, IReadOnlyCollection<SiloId>? among = null)
    {
        lock (_lock)
        {
            if (among is not null && _owners.Any(o => !among.Contains(o)))
            {
                SiloId[] some = [.. _owners.Where(among.Contains)];
                var index = Rendezvous.OwnerOf(key, [.. some.Select(static o => o.Number)]);
                return index < 0 ? null : some[index];
            }

            var owner = Rendezvous.OwnerOf(key, _numbers);
            return owner < 0 ? null : _owners[owner];
        }
    }

    /// <summary>Returns the silos other than these that are leaving or gone, as far as membership lists them, or did not answer; latest start first.</summary>
    public MissingContributor[] NotIn(HashSet<SiloId> covered, HashSet<SiloId> silent)
    {
        var others = membership.Silos.Where(s => !covered.Contains(s.Key));
        lock (_lock)
        {
            return
            [
                .. others.Where(s => s.Value is SiloStanding.Stopping or SiloStanding.Dead || _leaving.Contains(s.Key) || silent.Contains(s.Key))
                    .OrderByDescending(s => silent.Contains(s.Key)).ThenByDescending(static s => s.Key.Generation).ThenBy(static s => s.Key)
                    .Take(MostNotCovered)
                    .Select(s => new MissingContributor
                    {
                        Process = s.Key.ToString(),
                        State = s.Value == SiloStanding.Dead ? MissingContributorState.Gone
                            : silent.Contains(s.Key) ? MissingContributorState.Silent : MissingContributorState.Leaving,
                    }),
            ];
        }
    }

    /// <summary>Whether a silo is leaving, and may have shards still.</summary>
    public bool IsAnyLeaving
    {
        get
        {
            lock (_lock)
                return membership.Silos.Any(s => s.Value == SiloStanding.Stopping || (s.Value == SiloStanding.Active && _leaving.Contains(s.Key)));
        }
    }

    /// <summary>Marks a silo as about to stop.</summary>
    public void MarkLeaving(SiloId silo)
    {
        lock (_lock)
        {
            if (!_leaving.Add(silo))
                return;
        }

        Recount();
    }

    private bool IsReplaced(SiloId silo) => membership.Silos.Any(
        s => s.Key.Generation > silo.Generation && s.Key.Port == silo.Port && s.Key.Address.Equals(silo.Address));

    /// <summary>Whether membership has listed the silo before, or it was asked about long ago.</summary>
    private bool IsForgotten(SiloId silo)
    {
        lock (_lock)
        {
            if (_seen.Contains(silo))
                return true;
            if (_unknown.TryGetValue(silo, out var since))
                return time.GetElapsedTime(since) >= LongestUnknown;
            if (_unknown.Count >= MostUnknown)
            {
                foreach (var forgotten in _unknown.Where(u => time.GetElapsedTime(u.Value) >= LongestUnknown).ToList())
                    _unknown.Remove(forgotten.Key);
            }

            if (_unknown.Count < MostUnknown)
                _unknown.Add(silo, time.GetTimestamp());
            return false;
        }
    }

    private void OnChanged(SiloId silo, SiloStanding standing)
    {
        Recount();
        if (standing != SiloStanding.Dead)
            return;
        lock (_lock)
        {
            var wasActive = _wereActive.Remove(silo);
            if (_leaving.Remove(silo))
                wasActive = false;
            else
                _lastLossAt = time.GetTimestamp();
            if (wasActive)
            {
                if (_losses.Count == MostLosses)
                    _losses.Dequeue();
                _losses.Enqueue((silo, time.GetUtcNow()));
            }
        }

        Lost?.Invoke(silo);
    }

    private void Recount()
    {
        lock (_lock)
        {
            foreach (var silo in membership.Silos)
            {
                if (_seen.Add(silo.Key))
                    _unknown.Remove(silo.Key);
            }

            _wereActive.UnionWith(Active);
            SiloId[] owners = [.. Active.Where(s => !_leaving.Contains(s)).Order()];
            if (owners.SequenceEqual(_owners))
                return;
            _owners = owners;
            _numbers = [.. owners.Select(static o => o.Number)];
        }

        Changed?.Invoke();
    }
}

/// <summary>When this silo's process began to count, and whether the silo is leaving.</summary>
internal sealed class SiloState(TimeProvider time)
{
    private volatile bool _isDraining;

    public DateTimeOffset At { get; } = time.GetUtcNow();

    public bool IsDraining => _isDraining;

    public void Drain() => _isDraining = true;
}
