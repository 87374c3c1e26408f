namespace Orleans.Kpl.Silos.Backlog;

/// <summary>
/// One log of the backlog and the silo that answers for it. Each log has one writer in its life; the silo that replays it may change.
/// </summary>
/// <param name="Stream">The stream, under its canonical name.</param>
/// <param name="Id">Distinguishes the stream's logs; never used twice.</param>
/// <param name="Silo">The silo that writes or replays it; null when it was given back.</param>
/// <param name="Version">How often it changed hands: if two silos want the log, one of them finds that it was too late.</param>
internal sealed record BacklogWriter(string Stream, string Id, SiloId? Silo, long Version)
{
    /// <summary>Identifies the log in the whole tier. A stream's ARN has slashes, an id has none.</summary>
    public string Key => $"{Stream}/{Id}";

    /// <summary>Creates an id for a new log of that silo.</summary>
    public static string IdOf(SiloId silo, Guid id) => $"{silo.ToParsableString()}-{id:N}";
}
