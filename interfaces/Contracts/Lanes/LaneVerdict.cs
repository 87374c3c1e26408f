namespace Orleans.Kpl.Lanes;

/// <summary>What a silo made of a lane's call. The numbers travel.</summary>
[GenerateSerializer]
[Alias("Orleans.Kpl.LaneVerdict")]
internal enum LaneVerdict
{
    /// <summary>Taken over, now or before; the outcomes come from the silo that the reply names.</summary>
    Accepted = 0,

    /// <summary>Not taken over: there is no room for the client's stream. Send it again a little later.</summary>
    MemoryFull = 1,

    /// <summary>Not taken over: the silo is on its way out. Send it to another one; outcomes of earlier batches still come.</summary>
    Draining = 2,

    /// <summary>Not taken over, and never will be: the reply says why.</summary>
    Invalid = 3,

    /// <summary>The silo that the session was at is dead: what it had accepted and not told may or may not have been delivered.</summary>
    Lost = 4,

    /// <summary>The silo lives and has no such session any more: it was not asked for outcomes for too long.</summary>
    Forgotten = 5,
}
