using System.Globalization;

namespace Orleans.Kpl.Deaggregation.Tests;

public class DuplicateFilterTests
{
    private readonly DuplicateFilter _filter = new(lines: 3, window: 128);

    [Theory]
    [InlineData(128, "0+ 1+ 0- 1- 2+")]
    [InlineData(128, "100+ 64+ 170+ 65+ 100- 64-")]
    // On streams without order a line's first numbers may come last; both copies of those were once taken for new.
    [InlineData(1_024, "900+ 0+ 500+ 0- 500- 900-")]
    [InlineData(1_024, "1000000+ 999100+ 999100-")]
    // What is older than the window is taken for new.
    [InlineData(128, "0+ 1000+ 0+ 1000-")]
    public void IsNew_OfNumbersInAnyOrder_TellsRepeats(int window, string numbers)
    {
        var filter = new DuplicateFilter(window: window);
        Assert.All(numbers.Split(' '), n => Assert.Equal(n[^1] == '+', filter.IsNew(Of(long.Parse(n[..^1], CultureInfo.InvariantCulture)))));
    }

    [Fact]
    public void IsNew_WithoutANumber_AlwaysIs()
    {
        Assert.True(_filter.IsNew(null));
        Assert.True(_filter.IsNew(null));
    }

    [Fact]
    public void IsNew_AnotherLineOrProducer_IsCountedApart()
    {
        Assert.True(_filter.IsNew(new ProducerNumber(1, 1, 5)));
        Assert.True(_filter.IsNew(new ProducerNumber(1, 2, 5)));
        Assert.True(_filter.IsNew(new ProducerNumber(2, 1, 5)));
        Assert.False(_filter.IsNew(new ProducerNumber(1, 1, 5)));
    }

    /// <summary>The end of its word overflowed, and a number far below it was taken for a repeat.</summary>
    [Fact]
    public void IsNew_AfterTheHighestNumber_DropsNoFirstAppearance()
    {
        Assert.True(_filter.IsNew(Of(0)));
        Assert.True(_filter.IsNew(Of(long.MaxValue)));
        Assert.All(Enumerable.Range(1, 127), n => Assert.True(_filter.IsNew(Of(n)), $"{n}"));
    }

    [Fact]
    public void IsNew_MoreLinesThanAreRemembered_ForgetsTheOneUnusedForLongest()
    {
        for (var line = 0; line < 3; line++)
            Assert.True(_filter.IsNew(new ProducerNumber(1, line, 0)));
        Assert.False(_filter.IsNew(new ProducerNumber(1, 0, 0)));
        Assert.True(_filter.IsNew(new ProducerNumber(1, 3, 0)));
        Assert.False(_filter.IsNew(new ProducerNumber(1, 0, 0)));
        Assert.True(_filter.IsNew(new ProducerNumber(1, 1, 0)));
    }

    /// <summary>However numbers come, within the window it agrees with a set; beyond it, it may only err towards new.</summary>
    [Fact]
    public void IsNew_RandomNumbers_NeverDropsAFirstAppearance()
    {
        var random = new Random(3);
        for (var run = 0; run < 200; run++)
        {
            var filter = new DuplicateFilter(window: 64 * random.Next(1, 6));
            var seen = new HashSet<long>();
            var (at, exact) = (random.NextInt64(1_000), 0);
            var highest = at;
            for (var i = 0; i < 500; i++)
            {
                at = Math.Max(0, at + random.Next(-40, 60));
                highest = Math.Max(highest, at);
                var isNew = filter.IsNew(Of(at));
                if (seen.Add(at))
                    Assert.True(isNew, $"{run} {i} {at}");
                else
                    exact += isNew ? 0 : 1;
            }

            Assert.True(exact > 0);
        }
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(1, 0)]
    [InlineData(1, 100)]
    public void Create_WithSizesThatCannotBe_IsRefused(int lines, int window) =>
        Assert.ThrowsAny<ArgumentException>(() => new DuplicateFilter(lines, window));

    [Theory]
    [InlineData("00000000000000ff.7.42", true)]
    [InlineData("ff.7.42", true)]
    [InlineData("ff.7", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void TryParse_OfANumbersText_ReadsIt(string? text, bool isOne)
    {
        Assert.Equal(isOne, ProducerNumber.TryParse(text, out var number));
        Assert.Equal(isOne ? new ProducerNumber(255, 7, 42) : default, number);
    }

    private static ProducerNumber Of(long number) => new(1, 1, number);
}
