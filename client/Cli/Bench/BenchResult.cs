using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

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

    /// <summary>
    /// Shares of the processor time: the bench's own, for records, counts and latencies, and that of the runtime's compiler, which is nothing where
    /// <c>kpl</c> is native code.
    /// </summary>
    public (double Own, double Compiler) CpuShares { get; init; }

    /// <summary>Whether there are latencies: not where all records were put within the warm-up.</summary>
    public bool IsMeasured => Tally.Latencies.Count > 0;

    /// <summary>The share of all records that got their outcomes after the warm-up.</summary>
    public double MeasuredShare => Records > 0 ? (double)Measured / Records : 0;

    private double RecordsPerSecond => Seconds > 0 ? Measured / Seconds : 0;

    private double MebibytesPerSecond => RecordsPerSecond * Size / (1 << 20);

    private double P50 => Math.Round(Tally.Latencies.Quantile(0.5), 3);

    private double P99 => Math.Round(Tally.Latencies.Quantile(0.99), 3);

    private double P999 => Math.Round(Tally.Latencies.Quantile(0.999), 3);

    /// <summary>
    /// Returns the shares, which are 1 at most together: the compiler's time is what passed while it worked, and may be more than the processors gave it.
    /// </summary>
    /// <param name="own">Nanoseconds.</param>
    public static (double Own, double Compiler) SharesOf(TimeSpan cpu, long own, TimeSpan compiled)
    {
        if (cpu <= TimeSpan.Zero)
            return default;
        var ratio = Math.Min(1, own / cpu.TotalNanoseconds);
        return (ratio, Math.Min(1 - ratio, compiled / cpu));
    }

    public void Write(CliHost host) => host.WriteJson(json =>
    {
        json.WriteString("via"u8, Via.ToString().ToLowerInvariant());
        json.WriteNumber("records"u8, Records);
        json.WriteNumber("failed"u8, Failed);
        json.WriteNumber("seconds"u8, Math.Round(Seconds, 3));
        json.WriteNumber("cpu_seconds"u8, Math.Round(CpuSeconds, 3));
        WriteMeasured("records_per_second", Math.Round(RecordsPerSecond, 1));
        WriteMeasured("mib_per_second", Math.Round(MebibytesPerSecond, 3));
        json.WriteNumber("kinesis_records"u8, Tally.KinesisRecords);
        WriteMeasured("p50_ms", P50);
        WriteMeasured("p99_ms", P99);
        json.WriteNumber("own_cpu_ratio"u8, Math.Round(CpuShares.Own, 3));
        if (LongestPause is not { } pause)
            return;
        WriteMeasured("p999_ms", P999);
        json.WriteNumber("longest_pause_ms"u8, Math.Round(pause.TotalMilliseconds, 3));

        void WriteMeasured(string name, double value)
        {
            if (IsMeasured)
                json.WriteNumber(name, value);
            else
                json.WriteNull(name);
        }
    });

    public string ToText() => $"kpl: {Quantity.Of(Records, "record")}, {Failed:N0} failed, in {Seconds:0.00} s{Measures}";

    private string Measures => !IsMeasured ? "" :
        $" ({RecordsPerSecond:N0}/s, {MebibytesPerSecond:0.0} MiB/s), {CpuSeconds:0.00} s of CPU ({CpuShares.Own * 100:0}% of it the bench's own{Compiler}), {Tally.KinesisRecords:N0} Kinesis records, p50 {P50:0.#} ms, p99 {P99:0.#} ms";

    /// <summary>Until the compiler has done with the code that is used most, the figure is about its beginning: most of a short run.</summary>
    private string Compiler => CpuShares.Compiler < MostCompilerCpuRatio
        ? ""
        : $", {CpuShares.Compiler * 100:0}% .NET's compiler: --warm-up 10 and more records leave it out";
}
