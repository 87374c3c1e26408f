namespace Orleans.Kpl.Simulation.Clients;

/// <summary>What the world knows about one record that a caller wants to put.</summary>
internal sealed class Ticket
{
    /// <summary>Its number; it stands in its data.</summary>
    public required long Number { get; init; }

    public required string Key { get; init; }

    public required ProcessHost Host { get; init; }

    /// <summary>Which life of the host's process it was put in.</summary>
    public required int Life { get; init; }

    public required TimeSpan TimeToLive { get; init; }

    public required long OfferedAt { get; init; }

    /// <summary>When it was accepted; null where it was not.</summary>
    public long? AcceptedAt { get; set; }

    /// <summary>When its outcome came.</summary>
    public long? EndedAt { get; set; }

    /// <summary>How often an outcome came.</summary>
    public int Outcomes { get; set; }

    public RecordStatus Status { get; set; }

    public string? Code { get; set; }

    /// <summary>Where it is, once it is delivered.</summary>
    public (string Shard, string Sequence, int Place) At { get; set; }

    /// <summary>Why it was not accepted.</summary>
    public string? Refusal { get; set; }

    /// <summary>Ticks for which the host's process was frozen when it was accepted.</summary>
    public long FrozenBefore { get; set; }

    /// <summary>Ticks for which it had been frozen when the record ended.</summary>
    public long FrozenAtEnd { get; set; }

    /// <summary>Whether its caller still waits.</summary>
    public bool IsOpen => EndedAt is null && Refusal is null && !Host.IsGone(Life);

    public override string ToString() => $"record {Number} of {Host.Name}, life {Life}, key {Key}: {Status} {Code}";
}
