using Orleans.Kpl.Scaling.Tests.Simulated;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>
/// A day: a night of 15 %, a ramp from 6 to 9, a day that swings by 10 %, at 10 a heavy key for an hour, at 12 a burst to 1.8 for twenty
/// minutes, from 14 to 16 a hot range (15 % more, all in a twentieth of the hash keys), a fall from 17 to 20, and an idle night.
/// </summary>
/// <param name="busy">The demand of the busy hours, in shards.</param>
internal sealed class DayTraffic(double busy) : ITraffic
{
    public const double Minutes = 24 * 60;

    private const double HotFrom = 0.33;
    private const double HotTo = 0.38;

    public UInt128 HeavyKey { get; } = (UInt128)0xB17E_5A5A_0102_0304 << 64;

    public double HeavyRate(double minute) => minute is >= 600 and < 660 ? Math.Min(0.3 * busy, 1.5) : 0;

    public double Between(double from, double to, double minute)
    {
        var demand = (to - from) * busy * Level(minute);
        if (minute is >= 840 and < 960)
            demand += Math.Max(0, Math.Min(to, HotTo) - Math.Max(from, HotFrom)) / (HotTo - HotFrom) * 0.15 * busy;
        return demand;
    }

    private static double Level(double minute) => minute switch
    {
        < 360 => 0.15,
        < 540 => 0.15 + (0.85 * (minute - 360) / 180),
        >= 720 and < 740 => 1.8,
        < 1_020 => 1 + (0.1 * Math.Sin((minute - 540) / 480 * 6 * Math.PI)),
        < 1_200 => 1 - (0.85 * (minute - 1_020) / 180),
        _ => 0.15,
    };
}
