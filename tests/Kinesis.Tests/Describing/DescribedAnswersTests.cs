using Orleans.Kpl.Kinesis.Answering;
using Orleans.Kpl.Kinesis.Describing;

namespace Orleans.Kpl.Kinesis.Tests.Describing;

/// <remarks>Tests <see cref="DescribedAnswers"/>.</remarks>
public sealed class DescribedAnswersTests
{
    private readonly DescribedAnswers _answers = new();

    [Fact]
    public void Answers_OfOneIdentity_LeaveThoseOfOthers()
    {
        Assert.Equal(DescribedAnswers.MostOfOne, BeginAll("greedy").Count);
        Assert.Equal(DescribedAnswers.MostOfOne, BeginAll("modest").Count);
        Assert.Equal(DescribedAnswers.Most - (2 * DescribedAnswers.MostOfOne), BeginAll(null).Count);
        Assert.Empty(BeginAll("third"));
    }

    [Fact]
    public void Answer_ThatEnds_MakesRoomOnce()
    {
        var answers = BeginAll("one");
        answers[0].Dispose();
        answers[0].Dispose();
        Assert.Single(BeginAll("one"));
        Assert.Equal(DescribedAnswers.Most - DescribedAnswers.MostOfOne, BeginAll(null).Count);
    }

    private List<IDisposable> BeginAll(string? caller)
    {
        var begun = new List<IDisposable>();
        while (true)
        {
            try
            {
                begun.Add(_answers.Begin(caller));
            }
            catch (FrontException refused)
            {
                Assert.Equal("LimitExceededException", refused.Type);
                return begun;
            }
        }
    }
}
