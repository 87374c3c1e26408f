using System.Diagnostics;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Pipeline.Tests.Tracing;

public sealed class TraceRunsTests
{
    private static readonly ActivityContext One = New();
    private static readonly ActivityContext Two = New();

    /// <summary>Records of traced puts and of others, as they come: each has its own trace at the other end.</summary>
    [Theory]
    [InlineData("1")]
    [InlineData("-1")]
    [InlineData("1-")]
    [InlineData("112-2211")]
    [InlineData("---1---2222-")]
    public void Runs_WrittenAndRead_AreTheTraceOfEachRecord(string puts)
    {
        ActivityContext[] traces = [.. puts.Select(static c => c switch { '1' => One, '2' => Two, _ => default })];
        var read = TraceRuns.Read(TraceRuns.Write(traces, puts.Length, static (t, i) => t[i]))!;

        Assert.Equal(
            traces.Select(static t => (t.TraceId, t.SpanId, t.TraceFlags)),
            Enumerable.Range(0, puts.Length).Select(read.At).Select(static t => (t.TraceId, t.SpanId, t.TraceFlags)));
        Assert.All(Enumerable.Range(0, puts.Length).Where(i => puts[i] != '-'), i => Assert.True(read.At(i).IsRemote));
        Assert.Equal(default, read.At(puts.Length));
    }

    [Fact]
    public void Write_OfRecordsWithoutATrace_IsNothing() =>
        Assert.Null(TraceRuns.Write(new ActivityContext[2], 2, static (t, i) => t[i]));

    /// <summary>Another version, or a liar: the records come without a trace.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("01")]
    [InlineData("00000000000000000000000000000000000000000000000000000000FF")]
    [InlineData("FFFFFFFF000000000000000000000000000000000000000000000000FF")]
    [InlineData("FFFFFF7F000000000000000000000000000000000000000000000000FFFFFFFF7F000000000000000000000000000000000000000000000000FF")]
    public void Read_OfWhatIsNone_IsNone(string? bytes) => Assert.Null(TraceRuns.Read(bytes is null ? null : Convert.FromHexString(bytes)));

    private static ActivityContext New() => new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);

    /// <summary>A message of one record might have 33 MiB of them: read, they took 200 MB.</summary>
    [Fact]
    public void Read_OfMoreRunsThanThereMayBeRecords_IsNone()
    {
        var bytes = TraceRuns.Write(0, 3, static (_, _) => new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), default));
        Assert.NotNull(TraceRuns.Read(bytes, most: 3));
        Assert.Null(TraceRuns.Read(bytes, most: 2));
    }
}
