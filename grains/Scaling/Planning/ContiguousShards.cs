using System.Globalization;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>The open shards of a stream in the order of their ranges; they cover every hash key once.</summary>
internal sealed class ContiguousShards
{
    /// <summary>How many shards a message names.</summary>
    private const int MostNamed = 8;

    private const string Prefix = "shardId-";

    private readonly ShardRange[] _shards;

    /// <exception cref="StreamManagerException">The ranges leave a hole or overlap.</exception>
    public ContiguousShards(IEnumerable<ShardRange> shards)
    {
        _shards = [.. shards];
        Array.Sort(_shards, ShardOrder.ByRange);
        var next = UInt128.Zero;
        for (var i = 0; i < _shards.Length; i++)
        {
            if (_shards[i].StartingHashKey != next || (i > 0 && next == 0) || _shards[i].EndingHashKey < next)
                throw Incomplete($"a shard should start at {next}, but {_shards[i].ShardId} is {_shards[i].StartingHashKey} to {_shards[i].EndingHashKey}");
            next = _shards[i].EndingHashKey + 1;
        }

        if (_shards.Length == 0 || next != 0)
            throw Incomplete($"no shard starts at {next}");
    }

    public int Count => _shards.Length;

    public IReadOnlyList<ShardRange> All => _shards;

    /// <summary>Gets the first hash keys of all shards but the first.</summary>
    public IEnumerable<UInt128> Boundaries => _shards.Skip(1).Select(static s => s.StartingHashKey);

    /// <exception cref="StreamManagerException">No shard has that id.</exception>
    public ShardRange Find(string shardId) => Array.Find(_shards, s => s.ShardId == shardId)
        ?? throw new StreamManagerException(StreamManagerErrorCodes.UnknownShard, $"There is no open shard '{shardId}'{FateOf(shardId)}. {DescribeOpen()}.");

    /// <summary>Returns the shard with exactly that range, or null.</summary>
    public ShardRange? WithRange(UInt128 start, UInt128 end)
    {
        var shard = _shards[IndexOf(_shards, start, static s => s.EndingHashKey)];
        return shard.StartingHashKey == start && shard.EndingHashKey == end ? shard : null;
    }

    /// <summary>Returns the index of the range that has a hash key, among those that cover every one in order.</summary>
    public static int IndexOf<T>(IReadOnlyList<T> ranges, UInt128 hashKey, Func<T, UInt128> endOf)
    {
        var (low, high) = (0, ranges.Count - 1);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (endOf(ranges[middle]) < hashKey)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>Tells what became of a shard that is not open. Numbers are given in order, so the youngest open shard has the highest of all.</summary>
    private string FateOf(string shardId) => NumberOf(shardId) is not { } number ? ""
        : number > _shards.Max(static s => NumberOf(s.ShardId) ?? long.MaxValue) ? ": the stream never had it"
        : ": it was split or merged, and is closed";

    private string DescribeOpen()
    {
        var ids = _shards.Select(static s => s.ShardId).Order(StringComparer.Ordinal).ToList();
        return ids is [var only] ? $"The only open one is {only}"
            : ids.Count <= MostNamed ? $"The open ones are {string.Join(", ", ids)}"
            : $"There are {ids.Count} open ones, such as {ids[0]} and {ids[^1]}";
    }

    private static long? NumberOf(string shardId) => shardId.StartsWith(Prefix, StringComparison.Ordinal)
        && long.TryParse(shardId.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static StreamManagerException Incomplete(string where) =>
        new(StreamManagerErrorCodes.IncompleteListing, $"The shards listed do not cover the hash keys once: {where}.");
}
