using System.Globalization;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>The measurements of a bench, as one line of JSON and as one line for people.</summary>
/// <param name="Seconds">How long the run took after its warm-up.</param>
/// <param name="CpuSeconds">Seconds of processor time after the warm-up.</param>
/// <param name="Measured">Records that got their outcomes after the warm-up.</param>
/// <param name="Size">Bytes of data in each record.</param>
internal sealed record BenchResult(BenchVia Via, long Records, long Failed, double Seconds, double CpuSeconds, long Measured, int Size, BenchTally Tally)
{
    /// <summary>From here on it is said how much of the processor time was the compiler's.</summary>
    private const double MostCompilerCpuRatio = 0.05;

    /// <summary>The longest pause of the garbage collector in this process, where records were paced.</summary>
    public TimeSpan? LongestPause { get; init; }

    /// <summary>The bench's own part of the processor time: records, counts, latencies.</summary>
    public double OwnCpuRatio { get; init; }

    /// <summary>What the runtime's compiler took of the processor time; nothing where <c>kpl</c> is native code.</summary>
    public double CompilerCpuRatio { get; init; }

    /// <summary>The share of all records that got their outcomes after the warm-up.</summary>
    public double MeasuredShare => Records > 0 ? (double)Measured / Records : 0;

    private double RecordsPerSecond => Seconds > 0 ? Measured / Seconds : 0;

    private double MebibytesPerSecond => RecordsPerSecond * Size / (1 << 20);

    private double P50 => Math.Round(Tally.Latencies.Quantile(0.5), 3);

    private double P99 => Math.Round(Tally.Latencies.Quantile(0.99), 3);

    private double P999 => Math.Round(Tally.Latencies.Quantile(0.999), 3);

    public void Write(CliHost host) => host.WriteJson(json =>
    {
        json.WriteString("via"u8, Via.ToString().ToLowerInvariant());
        json.WriteNumber("records"u8, Records);
        json.WriteNumber("failed"u8, Failed);
        json.WriteNumber("seconds"u8, Math.Round(Seconds, 3));
        json.WriteNumber("cpu_seconds"u8, Math.Round(CpuSeconds, 3));
        json.WriteNumber("records_per_second"u8, Math.Round(RecordsPerSecond, 1));
        json.WriteNumber("mib_per_second"u8, Math.Round(MebibytesPerSecond, 3));
        json.WriteNumber("kinesis_records"u8, Tally.KinesisRecords);
        json.WriteNumber("p50_ms"u8, P50);
        json.WriteNumber("p99_ms"u8, P99);
        json.WriteNumber("own_cpu_ratio"u8, Math.Round(OwnCpuRatio, 3));
        if (LongestPause is not { } pause)
            return;
        json.WriteNumber("p999_ms"u8, P999);
        json.WriteNumber("longest_pause_ms"u8, Math.Round(pause.TotalMilliseconds, 3));
    });

    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"kpl: {Records:N0} records, {Failed:N0} failed, in {Seconds:0.00} s ({RecordsPerSecond:N0}/s, {MebibytesPerSecond:0.0} MiB/s), {CpuSeconds:0.00} s of CPU ({OwnCpuRatio * 100:0}% of it the bench's own{Compiler}), {Tally.KinesisRecords:N0} Kinesis records, p50 {P50:0.#} ms, p99 {P99:0.#} ms");

    /// <summary>Until the compiler has done with the code that is used most, the figure is about its beginning: most of a short run.</summary>
    private string Compiler => CompilerCpuRatio < MostCompilerCpuRatio
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $", {CompilerCpuRatio * 100:0}% .NET's compiler: --warm-up 10 and more records leave it out");
}
