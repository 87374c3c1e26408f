using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Backlog;

/// <summary>One log of the backlog and who answers for it. Each log has one writer in its life; who replays it may change.</summary>
/// <param name="Stream">The stream, under its one name.</param>
/// <param name="Id">Tells the stream's logs apart; never used twice.</param>
/// <param name="Silo">Who writes or replays it; null when it was given back.</param>
/// <param name="Version">How often it changed hands: of two who want it one learns that it was too late.</param>
internal sealed record BacklogWriter(string Stream, string Id, SiloAddress? Silo, long Version)
{
    /// <summary>Names the log in the whole tier. A stream's ARN has slashes, an id has none.</summary>
    public string Key => $"{Stream}/{Id}";

    /// <summary>A name for a new log of that silo.</summary>
    public static string NewId(SiloAddress silo) => $"{silo.ToParsableString()}-{Guid.NewGuid():N}";
}
