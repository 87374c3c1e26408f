namespace Orleans.Kpl.Simulation.Scale;

/// <summary>Sees which process sends for each shard of a stream, and how long a shard was without one when it changed.</summary>
internal sealed class ShardObservations(World world)
{
    private readonly Dictionary<ServiceShard, Sight> _shards = [];

    /// <summary>Seconds from the loss of a silo to the first record that another one sent for a shard of it.</summary>
    public List<double> Takeovers { get; } = [];

    /// <summary>Seconds from the last record of a former owner that gave the shard away to the first one of the next.</summary>
    public List<double> Moves { get; } = [];

    /// <summary>Seconds from the birth of a child shard to its first record.</summary>
    public List<double> Births { get; } = [];

    /// <summary>Shards of lost silos for which nobody has sent since.</summary>
    public int Orphans => _shards.Count(static s => s.Value.LostAt is not null && s.Key.ClosedAt is null);

    /// <summary>Notes that a process sent for a shard.</summary>
    public void Sent(ServiceShard shard, string writer)
    {
        if (!_shards.TryGetValue(shard, out var sight))
        {
            _shards[shard] = new Sight { Writer = writer, At = world.Now };
            if (shard.Born > 0)
                Births.Add(Seconds(world.Now - shard.Born));
            return;
        }

        if (sight.Writer != writer)
        {
            if (sight.LostAt is { } lost)
                Takeovers.Add(Seconds(world.Now - lost));
            else
                Moves.Add(Seconds(world.Now - sight.At));
            (sight.Writer, sight.LostAt) = (writer, null);
        }

        sight.At = world.Now;
    }

    /// <summary>Notes that processes are lost, in this instant.</summary>
    public void Lose(IReadOnlySet<string> writers)
    {
        foreach (var sight in _shards.Values.Where(s => writers.Contains(s.Writer)))
            sight.LostAt = world.Now;
    }

    private static double Seconds(long ticks) => TimeSpan.FromTicks(ticks).TotalSeconds;

    private sealed class Sight
    {
        public required string Writer { get; set; }

        public long At { get; set; }

        public long? LostAt { get; set; }
    }
}
