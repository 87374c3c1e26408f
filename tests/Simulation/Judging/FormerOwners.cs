namespace Orleans.Kpl.Simulation.Judging;

/// <summary>
/// The judge of ownership: once the next owner of an ordered shard has sent, no former one begins a request for it. One that was under way by then
/// may still arrive, and is counted.
/// </summary>
/// <param name="world">Where requests arrive.</param>
/// <param name="ownerOf">The process that the row of a shard names; null for none.</param>
/// <param name="counts">Where late requests are counted.</param>
internal sealed class FormerOwners(World world, Func<string, string?> ownerOf, HistoryCounts counts)
{
    private readonly Dictionary<string, string?> _named = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Owner, long Since)> _owners = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether shards have owners by their rows in all of a history. A stream that was created again has the ids of its former shards, and where
    /// nobody may read the shards, each silo sends for itself.
    /// </summary>
    public static bool CanJudge(Plan plan) =>
        plan.IsOrdered && !plan.Has(FaultKind.CreatedAgain) && !plan.Faults.Any(static f => f.Kind == FaultKind.KinesisRefuses && DeniesAccess(f));

    /// <summary>
    /// Notes that the row of a shard was written. An owner that has the shard again begins anew: what others sent in between was theirs to send.
    /// </summary>
    public void Written(string shardId)
    {
        var owner = ownerOf(shardId);
        if (_named.GetValueOrDefault(shardId) == owner)
            return;
        _named[shardId] = owner;
        _owners.Remove(shardId);
    }

    /// <summary>Notes that a request arrived.</summary>
    /// <param name="shardId">The shard that it is for.</param>
    /// <param name="writer">The process that sent it.</param>
    /// <param name="begunAt">When that process sent it.</param>
    public void Arrived(string shardId, string writer, long begunAt)
    {
        if (ownerOf(shardId) is not { } owner)
            return;
        var known = _owners.GetValueOrDefault(shardId);
        if (owner == writer)
        {
            if (known.Owner != writer)
                _owners[shardId] = (writer, world.Now);
        }
        else if (known.Owner == owner)
        {
            if (begunAt > known.Since)
                world.Violate($"{writer} sent for {shardId}, {TimeSpan.FromTicks(begunAt - known.Since)} after {owner} had begun to");
            counts.LateRequests++;
        }
    }

    private static bool DeniesAccess(Fault fault) => ServiceErrors.OfCalls[fault.Choice % ServiceErrors.OfCalls.Count] == "AccessDeniedException";
}
