using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Aiming;

/// <summary>A silo that records are aimed at.</summary>
internal sealed class AimTarget(SiloId silo)
{
    private MessageQueue? _queue;

    public SiloId Silo => silo;

    /// <summary>The records that wait for a lane there. Guarded by the stream.</summary>
    public MessageQueue Queue => _queue ??= new MessageQueue();

    /// <summary>The version of the ranges that it told; 0 before it told any. This and what follows is guarded by <see cref="StreamAim"/>.</summary>
    public long Version { get; set; }

    /// <summary>The hash keys that it says it serves.</summary>
    public (UInt128 First, UInt128 Last)[] Ranges { get; set; } = [];

    /// <summary>Orders what silos told.</summary>
    public long ToldAt { get; set; }

    /// <summary>Whether it is asked now.</summary>
    public bool IsAsked { get; set; }

    /// <summary>When it may be asked again.</summary>
    public long AskAgainAt { get; set; }
}
