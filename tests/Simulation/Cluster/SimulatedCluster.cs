using System.Buffers.Binary;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>
/// The silos and what lies between them: membership, which is slow to notice and tells one silo before the other, the network, the places of
/// shards and managers, and the tables.
/// </summary>
internal sealed class SimulatedCluster
{
    /// <summary>A silo that does not answer is declared dead after this, or twice as much.</summary>
    private static readonly TimeSpan NoticesAfter = TimeSpan.FromSeconds(3);

    /// <summary>A silo that was frozen reads the table within this time, and goes on until then.</summary>
    private static readonly TimeSpan ReadsTable = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Watches = TimeSpan.FromMilliseconds(500);

    private readonly World _world;
    private readonly SortedDictionary<SiloId, SiloStanding> _standings = [];
    private readonly Dictionary<SiloId, long> _silentSince = [];
    private readonly Dictionary<SiloId, SiloHost> _places = [];
    private int _generation = 1;

    public SimulatedCluster(World world, KinesisService service, Plan plan)
    {
        (_world, Service) = (world, service);
        Wires = new Wires(world) { BreakWithTheDead = plan.BreaksWithTheDead || plan.Circumstance == Circumstance.ParentLost };
        Passes = new Passes(world, this);
        Rows = new SharedRows(new RowMeter(world));
        Shards = new ShardTable(world, this);
        Managers = new ManagerTable(this);
        Hosts = [.. Enumerable.Range(0, plan.Silos).Select(i => new SiloHost(world, this, plan, i))];
        world.After(Watches, Watch);
    }

    public KinesisService Service { get; }

    public IReadOnlyList<SiloHost> Hosts { get; }

    public Wires Wires { get; }

    /// <summary>Judges how records go from silo to silo; null where nobody does.</summary>
    public Passes? Passes { get; init; }

    /// <summary>Which silo clients gave their records to.</summary>
    public Fronts Fronts { get; } = new();

    public SharedRows Rows { get; }

    /// <summary>How silos reach Kinesis' control operations. Where nobody says otherwise, managers change no shards: the world does.</summary>
    public Func<SimulatedProcess, IKinesisControl> Control { get; init; } = static _ => new ClosedControl();

    public SortedDictionary<string, BacklogTable> Tables { get; } = new(StringComparer.Ordinal);

    public ShardTable Shards { get; }

    public ManagerTable Managers { get; }

    /// <summary>How much longer silos need to learn what membership knows.</summary>
    public double Slowness { get; set; } = 1;

    /// <summary>Whether clients read a list of gateways that is no longer true.</summary>
    public bool GatewaysAreWrong { get; set; }

    /// <summary>Whether clients cannot read the list of gateways.</summary>
    public bool GatewaysAreHidden { get; set; }

    /// <summary>Planted: clients give a batch that they send again another number.</summary>
    public bool SendsAgainAsNew { get; set; }

    /// <summary>Segments that lie in the backlog.</summary>
    public int Segments => Tables.Values.Sum(static t => t.Segments);

    /// <summary>What the membership table says.</summary>
    public IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Standings => [.. _standings];

    public int NextGeneration() => _generation++;

    public SiloHost? HostOf(SiloId silo) => _places.GetValueOrDefault(silo);

    /// <summary>Notes where a silo runs.</summary>
    public void Place(SiloId silo, SiloHost host) => _places[silo] = host;

    /// <summary>The silos that the table calls active, and that have begun.</summary>
    public IReadOnlyList<SiloLife> Active =>
    [
        .. Hosts.Where(static h => h.Producer is not null).Select(static h => h.Current)
            .Where(l => l.IsActive && StandingOf(l.Id) == SiloStanding.Active),
    ];

    /// <summary>The kind of the rows that name the owners of ordered shards.</summary>
    public const string Epochs = $"epoch:{ProducerHost.Stream}";

    /// <summary>The process that the row of an ordered shard names; null for none.</summary>
    public string? OwnerOf(string shardId)
    {
        var name = Rows.Find(Epochs, shardId)?.Text.Split(' ')[0];
        return name is null or "" or "-" ? null : HostOf(SiloId.Parse(name))?.ProcessOf(SiloId.Parse(name)).Name;
    }

    /// <summary>The gateways as a client reads them; null where it cannot. A wrong list lacks some, and has some that are gone.</summary>
    public IReadOnlyList<SiloLife>? GatewaysAsListed(Random dice)
    {
        if (GatewaysAreHidden)
            return null;
        return GatewaysAreWrong ? [.. Hosts.SelectMany(static h => h.Lives).Where(l => l.IsActive && dice.Next(2) == 0)] : Active;
    }

    public SiloStanding StandingOf(SiloId silo) => _standings.GetValueOrDefault(silo);

    /// <summary>Writes a standing into the table; silos learn it one after the other.</summary>
    public void Tell(SiloId silo, SiloStanding standing)
    {
        if (StandingOf(silo) >= standing)
            return;
        _standings[silo] = standing;
        if (standing == SiloStanding.Dead && HostOf(silo)?.LifeOf(silo) is { } lost)
            lost.DeadSince = _world.Now;
        if (_world.IsTracing)
            _world.Say("table", $"{silo} is {standing}");
        foreach (var host in Hosts.Where(static h => h.Producer is not null))
        {
            var (life, wait) = (host.Current, _world.Upto(TimeSpan.FromMilliseconds(_world.Happens(0.1) ? 3_000 : 300)) * Slowness);
            _world.After(wait, () => Learn(life, silo, standing), life.Process);
        }
    }

    /// <summary>A silo that reads that it is dead ends at once. Nobody tells it what it missed while it was frozen: it has to read that.</summary>
    private void Learn(SiloLife life, SiloId silo, SiloStanding standing)
    {
        if (standing != SiloStanding.Dead || !silo.Equals(life.Id) || life.Stopping is not null)
            LearnOf(life, silo, standing);
        else if (life.Process.FrozenTicks > 0)
            _world.After(_world.Upto(ReadsTable), () => KillUnlessStopping(life), life.Process);
        else
            life.Process.Kill();
    }

    private void LearnOf(SiloLife life, SiloId silo, SiloStanding standing)
    {
        life.View.Learn(silo, standing);
        if (standing == SiloStanding.Dead && HostOf(silo) is { } host)
            Wires.Break(life.Process, host.ProcessOf(silo));
    }

    private static void KillUnlessStopping(SiloLife life)
    {
        if (life.Stopping is null)
            life.Process.Kill();
    }

    /// <summary>Silos that are gone, or frozen for long, are declared dead by the others. One that others reach is not.</summary>
    private void Watch()
    {
        foreach (var life in Hosts.SelectMany(static h => h.Lives).Where(l => StandingOf(l.Id) is > SiloStanding.None and < SiloStanding.Dead))
        {
            var isSilent = life.Process is { IsDead: true } or { IsFrozen: true } || IsCutOff(life.Host);
            if (!isSilent || life.HasEnded)
                _silentSince.Remove(life.Id);
            else if (_silentSince.TryAdd(life.Id, _world.Now + (NoticesAfter * (1 + _world.Dice.NextDouble())).Ticks))
                continue;
            else if (_silentSince[life.Id] <= _world.Now)
                Tell(life.Id, SiloStanding.Dead);
        }

        _world.After(Watches, Watch);
    }

    /// <summary>Whether no other silo reaches it.</summary>
    private bool IsCutOff(SiloHost host) =>
        Hosts.Count > 1 && Hosts.Where(h => h != host).All(h => Wires.IsCut(h.Index, host.Index) || Wires.IsCut(host.Index, h.Index));
}

/// <summary>
/// Judges how records go from silo to silo: only by the silo that accepted them, and not to and fro all the time. A frame that is sent again counts once.
/// </summary>
internal sealed class Passes(World world, SimulatedCluster cluster)
{
    /// <summary>
    /// More than any history needs: a record that its owners give back goes about fifty times. One that is sent without a wait comes here within a second.
    /// </summary>
    private const int Most = 100;

    private readonly HashSet<(SiloId From, SiloId To, long First)> _seen = [];
    private readonly Dictionary<long, (SiloId From, int Count)> _passes = [];

    /// <summary>Notes a frame that is sent.</summary>
    public void Note(RecordsFrame frame, SiloId to)
    {
        if (!_seen.Add((frame.Origin, to, frame.First)))
            return;
        foreach (var record in PackedRecords.Parse(frame.Records))
        {
            var number = BinaryPrimitives.ReadInt64BigEndian(record.Data.Span);
            var (from, count) = _passes.GetValueOrDefault(number, (frame.Origin, 0));
            // What a silo had in the backlog is its successor's, also while it drains, and a silo that wakes does not know that it has one.
            if (!from.Equals(frame.Origin) && IsActive(from) && !IsDraining(from) && IsActive(frame.Origin))
                world.Violate($"record {number} was forwarded by {from} and passed on by {frame.Origin}");
            if (count + 1 == Most)
                world.Violate($"record {number} went from silo to silo {Most} times");
            _passes[number] = (frame.Origin, count + 1);
        }
    }

    private bool IsActive(SiloId silo) => cluster.StandingOf(silo) == SiloStanding.Active;

    private bool IsDraining(SiloId silo) => cluster.HostOf(silo)?.LifeOf(silo)?.Stopping is not null;
}
