using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

/// <summary>
/// The shards of one stream on the silos of a tier, which move by <see cref="ShardSpread"/> alone. Each silo decides by what it has itself, at the
/// same moment as all others.
/// </summary>
internal sealed class SpreadTier
{
    /// <summary>More rounds than ever follow each other.</summary>
    private const int MostRounds = 100;

    private readonly string _stream;
    private readonly Random _dice;
    private readonly List<UInt128> _starts = [];
    private readonly List<ulong> _silos = [];
    private readonly Dictionary<UInt128, ulong> _owners = [];

    public SpreadTier(int shards, int silos, int seed)
    {
        (_stream, _dice) = ($"stream-{seed}", new Random(seed));
        for (var i = 0; i < shards; i++)
            _starts.Add(UInt128.MaxValue / (UInt128)shards * (UInt128)i);
        for (var i = 0; i < silos; i++)
            _silos.Add(NewSilo());
        _ = Settle([]);
    }

    public int Shards => _starts.Count;

    public int Silos => _silos.Count;

    /// <summary>The most shards on one silo.</summary>
    public int Most => _owners.Values.CountBy(static o => o).Max(static c => c.Value);

    /// <summary>A silo comes. It must be given its share.</summary>
    public SpreadChange Join()
    {
        _silos.Add(NewSilo());
        var least = Shards / Silos;
        return new SpreadChange(Settle([_silos.Count - 1]), least);
    }

    /// <summary>A silo leaves in order. Its shards must move.</summary>
    public SpreadChange Leave()
    {
        var (leaving, had) = Remove();
        var spread = New();
        int[] here = [.. had.Select(s => _starts.IndexOf(s))];
        foreach (var move in spread.MovesFrom(here, leaving).ToList())
            _owners[_starts[move.Shard]] = _silos[move.To];
        return new SpreadChange(had.Count + Settle([]), had.Count);
    }

    /// <summary>A silo is lost. Its shards must be opened elsewhere.</summary>
    public SpreadChange Lose()
    {
        var (_, had) = Remove();
        foreach (var shard in had)
            _owners.Remove(shard);
        return new SpreadChange(Settle([]), had.Count);
    }

    /// <summary>Splits some shards in two: both children must be opened.</summary>
    public SpreadChange Split(int count)
    {
        foreach (var parent in _starts.OrderBy(_ => _dice.Next()).Take(count).ToList())
        {
            var place = _starts.IndexOf(parent);
            var end = place + 1 < _starts.Count ? _starts[place + 1] : UInt128.MaxValue;
            _starts.Insert(place + 1, parent + (end - parent) / 2);
            _owners.Remove(parent);
        }

        return new SpreadChange(Settle([]), 2 * count);
    }

    /// <summary>Merges two shards: the new one must be opened.</summary>
    public SpreadChange Merge()
    {
        var place = _dice.Next(_starts.Count - 1);
        _owners.Remove(_starts[place]);
        _owners.Remove(_starts[place + 1]);
        _starts.RemoveAt(place + 1);
        return new SpreadChange(Settle([]), 1);
    }

    private ulong NewSilo() => StableTextHash.LongOf($"10.0.0.{_dice.Next()}:11111@{_dice.Next()}");

    private ShardSpread New() => new(_stream, [.. _starts], [.. _silos]);

    private (ulong Silo, List<UInt128> Had) Remove()
    {
        var silo = _silos[_dice.Next(_silos.Count)];
        _silos.Remove(silo);
        return (silo, [.. _starts.Where(s => _owners[s] == silo)]);
    }

    /// <summary>Opens the shards that are open nowhere, and lets silos give away what they must. Returns how many shards were opened or moved.</summary>
    private int Settle(int[] newcomers)
    {
        var spread = New();
        var moves = 0;
        for (var i = 0; i < _starts.Count; i++)
        {
            if (_owners.TryAdd(_starts[i], _silos[spread.Homes[i]]))
                moves++;
        }

        for (var round = newcomers.Length > 0 ? 0 : 1; round <= MostRounds; round++)
        {
            var isFirst = round == 0;
            var next = Here()
                .SelectMany(h => isFirst ? spread.MovesTo(h.Value, h.Key, newcomers) : spread.MovesHome(h.Value, h.Key, static _ => true))
                .ToList();
            if (!isFirst && next.Count == 0)
                return moves;
            moves += next.Count;
            foreach (var move in next)
                _owners[_starts[move.Shard]] = _silos[move.To];
        }

        throw new InvalidOperationException($"{Shards} shards on {Silos} silos do not come to rest");
    }

    private Dictionary<int, List<int>> Here() => Enumerable.Range(0, _starts.Count)
        .GroupBy(s => _silos.IndexOf(_owners[_starts[s]])).ToDictionary(static g => g.Key, static g => g.ToList());
}

/// <summary>What a change of the shards or the silos cost.</summary>
/// <param name="Moves">The shards that were opened or moved.</param>
/// <param name="Least">How many had to be.</param>
internal readonly record struct SpreadChange(int Moves, int Least)
{
    public static SpreadChange operator +(SpreadChange one, SpreadChange other) => new(one.Moves + other.Moves, one.Least + other.Least);
}
