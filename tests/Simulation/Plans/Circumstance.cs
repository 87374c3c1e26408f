namespace Orleans.Kpl.Simulation.Plans;

/// <summary>What several settings and faults make together, and dice for each of them would hardly ever bring about.</summary>
internal enum Circumstance
{
    None,

    /// <summary>Much more is put than the shard takes in time, memory holds it all, and nothing goes wrong.</summary>
    Flood,

    /// <summary>The store of an ordered stream falls silent once its log is open, for longer than its records live, while Kinesis is up.</summary>
    StoreFallsSilent,

    /// <summary>An owner of ordered shards is frozen for so long that others send for them, and wakes up.</summary>
    FormerOwnerWakes,

    /// <summary>Shards change while it is announced, listings do not show it, the announcement is withdrawn, and records live for long.</summary>
    AnnouncementWithdrawn,

    /// <summary>Streams close soon after they were used last, in silos, producers and clients, while puts come with gaps and anything goes wrong.</summary>
    StreamsClose,

    /// <summary>Nothing is put for one to fifteen minutes, and nothing goes wrong.</summary>
    LongPause,

    /// <summary>Shards of silos come and go within milliseconds, so that some are in no map of their owner's silo.</summary>
    PassingShards,

    /// <summary>A silo is lost, its ordered shards are resharded, and so are their children while these wait for its last requests.</summary>
    ParentLost,

    /// <summary>Records of ordered shards go one by one, and more is put than that takes in time.</summary>
    OneByOne,

    /// <summary>Silos are given the stream's name or its ARN, and Kinesis does not always tell whose it is.</summary>
    ArnNames,

    /// <summary>Many clients put into silos of little memory.</summary>
    ManySessions,
}
