using System.Diagnostics;
using System.Security.Cryptography;
using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// Nanoseconds a byte for SHA-256 of bodies: the platform's, and in lanes with 1 to 8 of them filled, in turns on one thread. The
/// digests are held against the platform's. <c>least_bodies</c> is what a producer would find: from how many bodies on it uses lanes, 0 for never.
/// </summary>
internal static class HashBench
{
    private const int Bytes = 256 * 1024;
    private const int Runs = 15;
    private static readonly int[] Fills = [1, 2, 4, 6, 8];

    public static Task<Figures> RunAsync(BenchArguments arguments)
    {
        var bodies = Enumerable.Range(0, Sha256Kernel.Lanes).Select(Body).ToArray();
        var platform = new List<double>();
        var lanes = Fills.ToDictionary(fill => fill, _ => new List<double>());
        for (var run = 0; run <= (arguments.Runs ?? Runs); run++)
        {
            var alone = MeasureEach(bodies);
            if (run > 0)
                platform.Add(alone);
            foreach (var fill in Sha256Kernel.IsSupported ? Fills : [])
            {
                var together = Measure(bodies[..fill]);
                // The first round warms up.
                if (run > 0)
                    lanes[fill].Add(together);
            }
        }

        var figures = new Figures().Add("platform_ns_a_byte", Figures.Median(platform));
        foreach (var (fill, times) in lanes.Where(lane => lane.Value.Count > 0))
            figures.Add($"lanes_ns_a_byte_{fill}_of_{Sha256Kernel.Lanes}", Figures.Median(times));
        var least = LaneWorth.Measure();
        return Task.FromResult(figures.Add("least_bodies", least == LaneWorth.Never ? 0 : least));
    }

    private static double MeasureEach(LaneMessage[] bodies)
    {
        var digest = new byte[SHA256.HashSizeInBytes];
        var start = Stopwatch.GetTimestamp();
        foreach (var body in bodies)
            SHA256.HashData(body.Buffer.AsSpan(0, Bytes), digest);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / (bodies.Length * Bytes);
    }

    private static double Measure(LaneMessage[] bodies)
    {
        var start = Stopwatch.GetTimestamp();
        Sha256Lanes.Hash(bodies);
        var elapsed = Stopwatch.GetElapsedTime(start);
        if (bodies.Any(static body => !SHA256.HashData(body.Buffer.AsSpan(0, Bytes)).AsSpan().SequenceEqual(body.Digest)))
            throw new BenchFailedException("Lanes made another digest than the platform.");
        return elapsed.TotalNanoseconds / (bodies.Length * Bytes);
    }

    private static LaneMessage Body(int seed)
    {
        var buffer = new byte[Bytes + Sha256Lanes.MostPadding];
        new Random(seed).NextBytes(buffer);
        return new LaneMessage(buffer, Bytes, new byte[SHA256.HashSizeInBytes]);
    }
}
