using Orleans.Kpl.Pipeline.Owning;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Membership;

/// <summary>
/// The silos that may own shards: active silos that have not announced that they leave. Raises events when one starts, leaves or is lost.
/// </summary>
internal sealed class LiveSilos(ISiloStatusOracle oracle) : ISiloStatusListener
{
    private const int MostNotCovered = 100;

    private readonly Lock _lock = new();
    private readonly HashSet<SiloAddress> _leaving = [];
    private SiloAddress[] _owners = [];
    private ulong[] _numbers = [];

    /// <summary>Raised when the silos that may own shards have changed.</summary>
    public event Action? Changed;

    /// <summary>Raised when a silo is gone for good.</summary>
    public event Action<SiloAddress>? Lost;

    /// <summary>When a silo was last lost without announcing that it leaves, in <see cref="Environment.TickCount64"/>.</summary>
    public long LastLossAt { get; private set; } = long.MinValue / 2;

    public SiloAddress Self => oracle.SiloAddress;

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
    public IReadOnlyList<SiloAddress> Owners
    {
        get
        {
            lock (_lock)
                return _owners;
        }
    }

    /// <summary>Begins to listen to membership changes.</summary>
    public void Start()
    {
        oracle.SubscribeToSiloStatusEvents(this);
        Recount();
    }

    /// <summary>
    /// Whether that silo is gone for good. A silo that membership does not list is either new and not yet known here, or from before this
    /// silo's time.
    /// </summary>
    public bool IsLost(SiloAddress silo) =>
        oracle.GetApproximateSiloStatus(silo) is var status && (status == SiloStatus.Dead || status == SiloStatus.None && silo.Generation < Self.Generation);

    /// <summary>Returns the owner of a shard, the same on all silos that know the same silos; null while none is active.</summary>
    public SiloAddress? OwnerOf(string shardKey, IReadOnlyCollection<SiloAddress>? among = null)
    {
        lock (_lock)
        {
            if (among is not null && _owners.Any(o => !among.Contains(o)))
            {
                SiloAddress[] some = [.. _owners.Where(among.Contains)];
                var place = Rendezvous.OwnerOf(shardKey, [.. some.Select(NumberOf)]);
                return place < 0 ? null : some[place];
            }

            var owner = Rendezvous.OwnerOf(shardKey, _numbers);
            return owner < 0 ? null : _owners[owner];
        }
    }

    /// <summary>Returns the silos other than these that are leaving or gone, as far as membership lists them; latest start first.</summary>
    public MissingContributor[] NotIn(IReadOnlySet<SiloAddress> covered)
    {
        var others = oracle.GetApproximateSiloStatuses(onlyActive: false).Where(s => !covered.Contains(s.Key));
        lock (_lock)
        {
            return
            [
                .. others.Where(s => s.Value is SiloStatus.ShuttingDown or SiloStatus.Stopping or SiloStatus.Dead || _leaving.Contains(s.Key))
                    .OrderByDescending(static s => s.Key.Generation).ThenBy(static s => s.Key)
                    .Take(MostNotCovered)
                    .Select(static s => new MissingContributor
                    {
                        Process = s.Key.ToString(),
                        State = s.Value == SiloStatus.Dead ? MissingContributorState.Gone : MissingContributorState.Leaving,
                    }),
            ];
        }
    }

    /// <summary>Marks a silo as about to stop.</summary>
    public void MarkLeaving(SiloAddress silo)
    {
        lock (_lock)
        {
            if (!_leaving.Add(silo))
                return;
        }

        Recount();
    }

    void ISiloStatusListener.SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        Recount();
        if (status != SiloStatus.Dead)
            return;
        lock (_lock)
        {
            if (!_leaving.Remove(updatedSilo))
                LastLossAt = Environment.TickCount64;
        }

        Lost?.Invoke(updatedSilo);
    }

    private void Recount()
    {
        lock (_lock)
        {
            var active = oracle.GetApproximateSiloStatuses(onlyActive: true).Keys;
            SiloAddress[] owners = [.. active.Where(s => !_leaving.Contains(s)).OrderBy(static s => s)];
            if (owners.SequenceEqual(_owners))
                return;
            _owners = owners;
            _numbers = [.. owners.Select(NumberOf)];
        }

        Changed?.Invoke();
    }

    private static ulong NumberOf(SiloAddress silo) => Rendezvous.Fnv1A(silo.ToParsableString());
}
