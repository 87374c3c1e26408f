using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

[GenerateSerializer, Alias("Orleans.Kpl.PutOptions")]
internal struct PutOptionsSurrogate
{
    [Id(0)] public bool Immediate;
    [Id(1)] public TimeSpan? TimeToLive;
    [Id(2)] public int? AckLevel;
}

/// <remarks>
/// <see cref="PutOptions.Alone"/> and <see cref="PutOptions.NeverSpills"/> travel in a time-to-live that no put can have. A silo that does not know them
/// refuses the put as one whose time-to-live is out of range. With fields of their own it would pass them over, and aggregate the records.
/// </remarks>
[RegisterConverter, RegisterCopier]
internal sealed class PutOptionsConverter : ShallowCopier<PutOptions>, IConverter<PutOptions, PutOptionsSurrogate>
{
    private const int Alone = 1;
    private const int NeverSpills = 2;

    /// <summary>Far above what anybody writes for a time, and below <see cref="TimeSpan.MaxValue"/>.</summary>
    private const long First = long.MaxValue / 2;

    /// <summary>More than the longest time-to-live of a put.</summary>
    private const long Step = 25 * TimeSpan.TicksPerDay;

    public PutOptions ConvertFromSurrogate(in PutOptionsSurrogate surrogate)
    {
        var (ttl, flags) = Parts(surrogate.TimeToLive);
        return new()
        {
            Immediate = surrogate.Immediate,
            TimeToLive = ttl,
            AckLevel = (AckLevel?)surrogate.AckLevel,
            Alone = (flags & Alone) != 0,
            NeverSpills = (flags & NeverSpills) != 0,
        };
    }

    public PutOptionsSurrogate ConvertToSurrogate(in PutOptions value) => new()
    {
        Immediate = value.Immediate,
        TimeToLive = Whole(value.TimeToLive, (value.Alone ? Alone : 0) | (value.NeverSpills ? NeverSpills : 0)),
        AckLevel = (int?)value.AckLevel,
    };

    /// <summary>A time-to-live that is out of range travels as it is, and is refused.</summary>
    private static TimeSpan? Whole(TimeSpan? ttl, int flags) =>
        flags == 0 || ttl?.Ticks is <= 0 or >= Step ? ttl : TimeSpan.FromTicks(First + (flags * Step) + (ttl?.Ticks ?? 0));

    private static (TimeSpan? TimeToLive, int Flags) Parts(TimeSpan? travelled)
    {
        if (travelled?.Ticks is not { } ticks || ticks < First + Step || ticks >= First + (4 * Step))
            return (travelled, 0);
        var ttl = (ticks - First) % Step;
        return (ttl == 0 ? null : TimeSpan.FromTicks(ttl), (int)((ticks - First) / Step));
    }
}
