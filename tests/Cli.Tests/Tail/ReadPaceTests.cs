using Orleans.Kpl.Cli.Tail;

namespace Orleans.Kpl.Cli.Tests.Tail;

public sealed class ReadPaceTests
{
    [Fact]
    public void After_WhenBehind_MakesFourCallsASecond_CountedFromTheCall() =>
        Assert.Equal(TimeSpan.FromMilliseconds(200), ReadPace.After(0, isAtTip: false, TimeSpan.FromMilliseconds(50)));

    [Fact]
    public void After_AtTheTip_MakesOneCallASecond() => Assert.Equal(TimeSpan.FromSeconds(1), ReadPace.After(100, isAtTip: true, TimeSpan.Zero));

    [Fact]
    public void After_WhenMuchCame_WaitsForItsBytes_CountedFromTheAnswer() =>
        Assert.Equal(TimeSpan.FromSeconds(5), ReadPace.After(10 << 20, isAtTip: false, TimeSpan.FromSeconds(1)));

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 1)]
    [InlineData(4, 4)]
    [InlineData(5, 5)]
    [InlineData(1000, 5)]
    public void AfterFailure_Doubles_UpToFiveSeconds(int failures, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), ReadPace.AfterFailure(failures));
}
