namespace Orleans.Kpl.Deaggregation.Tests;

public class DuplicateFilterTests
{
    private readonly DuplicateFilter _filter = new(lines: 3, window: 128);

    [Fact]
    public void IsNew_TheSameNumberAgain_IsNot()
    {
        Assert.True(_filter.IsNew(Of(0)));
        Assert.True(_filter.IsNew(Of(1)));
        Assert.False(_filter.IsNew(Of(0)));
        Assert.False(_filter.IsNew(Of(1)));
        Assert.True(_filter.IsNew(Of(2)));
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

    [Fact]
    public void IsNew_AFirstAppearanceBehindLaterOnes_Is()
    {
        Assert.True(_filter.IsNew(Of(100)));
        Assert.True(_filter.IsNew(Of(64)));
        Assert.True(_filter.IsNew(Of(170)));
        Assert.True(_filter.IsNew(Of(65)));
        Assert.False(_filter.IsNew(Of(100)));
        Assert.False(_filter.IsNew(Of(64)));
    }

    /// <summary>On streams without order a line's first numbers may come last; both copies of those were once taken for new.</summary>
    [Fact]
    public void IsNew_NumbersBelowTheFirstThatWasSeen_AreKnownAgain()
    {
        var filter = new DuplicateFilter(window: 1_024);
        Assert.True(filter.IsNew(Of(900)));
        Assert.True(filter.IsNew(Of(0)));
        Assert.True(filter.IsNew(Of(500)));
        Assert.False(filter.IsNew(Of(0)));
        Assert.False(filter.IsNew(Of(500)));
        Assert.False(filter.IsNew(Of(900)));
        var late = new DuplicateFilter(window: 1_024);
        Assert.True(late.IsNew(Of(1_000_000)));
        Assert.True(late.IsNew(Of(999_100)));
        Assert.False(late.IsNew(Of(999_100)));
    }

    [Fact]
    public void IsNew_OlderThanTheWindow_IsTakenForNew()
    {
        Assert.True(_filter.IsNew(Of(0)));
        Assert.True(_filter.IsNew(Of(1_000)));
        Assert.True(_filter.IsNew(Of(0)));
        Assert.False(_filter.IsNew(Of(1_000)));
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
