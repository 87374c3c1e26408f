using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Keeping;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Keeping;

public sealed class LogProgressTests
{
    [Fact]
    public void Encode_OfRunsAndParts_IsThese()
    {
        var progress = new LogProgress { First = 300, Partly = new() { [300] = [5], [306] = [1UL << 63, 2] } };
        progress.Done.Add(301, 3);
        progress.Done.Add(310);

        Assert.Equal("01AC02000305000602130000000000000080020302", Convert.ToHexString(progress.Encode()));
        Same(progress, LogProgress.Decode(progress.Encode()));
    }

    [Fact]
    public void Decode_OfNothing_IsNothingDone() => Assert.False(LogProgress.Decode([]).IsDone(0));

    [Theory]
    [InlineData("02")]
    [InlineData("01")]
    [InlineData("01AC0200FF")]
    public void Decode_OfOtherBytes_Throws(string hex) =>
        Assert.Throws<PackedFormatException>(() => LogProgress.Decode(Convert.FromHexString(hex)));

    [Fact]
    public void Encode_OfMoreThanFits_LeavesTheLastOut()
    {
        var progress = new LogProgress();
        for (var i = 0; i < 2_000; i++)
            progress.Partly[i] = [.. Enumerable.Repeat(ulong.MaxValue, 10)];

        var read = LogProgress.Decode(progress.Encode());

        Assert.InRange(progress.Encode().Length, LogProgress.MaxBytes - 200, LogProgress.MaxBytes);
        Assert.Equal(Enumerable.Range(0, read.Partly.Count).Select(static i => (long)i), read.Partly.Keys);
    }

    /// <summary>A reader takes no run above 33 million segments for one. A longer one is written as several, so that every version reads it.</summary>
    [Fact]
    public void Encode_OfARunThatIsLongerThanAReaderTakes_IsReadAgain()
    {
        var progress = new LogProgress { First = 7 };
        progress.Done.Add(8, 100_000_000);

        var read = LogProgress.Decode(progress.Encode());

        Assert.Equal(new SegmentRuns.Run(8, 100_000_000), Assert.Single(read.Done.Runs));
        Assert.Throws<PackedFormatException>(() => LogProgress.Decode(Convert.FromHexString("010100FEFFFFFFFF0F")));
    }

    [Fact]
    public void Decode_OfWhatWasEncoded_IsTheSame() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
        {
            var random = new Random(seed);
            var progress = new LogProgress { First = random.Next(1_000) };
            for (var number = progress.First; number < progress.First + random.Next(200); number++)
            {
                if (random.Next(3) == 0)
                    progress.Done.Add(number);
                else if (random.Next(3) == 0)
                    progress.Partly[number] = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (ulong)random.NextInt64(1, long.MaxValue))];
            }

            Same(progress, LogProgress.Decode(progress.Encode()));
            return true;
        }).QuickCheckThrowOnFailure();

    private static void Same(LogProgress expected, LogProgress actual)
    {
        Assert.Equal(expected.First, actual.First);
        Assert.Equal(expected.Done.Runs, actual.Done.Runs);
        Assert.Equal(expected.Partly.Keys, actual.Partly.Keys);
        Assert.All(expected.Partly, p => Assert.Equal(p.Value, actual.Partly[p.Key]));
    }
}
