namespace Orleans.Kpl.Abstractions.Tests.Administration;

/// <remarks>Tests <see cref="ExplainQuestion"/>.</remarks>
public sealed class ExplainQuestionTests
{
    [Fact]
    public void Questions_AreReadFromTheirTexts()
    {
        ExplainQuestion[] questions = [ExplainQuestion.OfFailure(1), ExplainQuestion.OfKey("a:b"), ExplainQuestion.OfHash(UInt128.MaxValue)];
        Assert.Equal(questions, questions.Select(static q => ExplainQuestion.Parse(q.ToString())));
    }

    /// <summary>A tier answered it with a FormatException of its own, and an embedded producer with UnknownFailure.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void ANumberBelowOne_IsNoFailure(long number)
    {
        Assert.Equal("number", Assert.Throws<ArgumentOutOfRangeException>(() => ExplainQuestion.OfFailure(number)).ParamName);
        Assert.Throws<FormatException>(() => ExplainQuestion.Parse($"failure:{number}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("failure:x")]
    [InlineData("hash:-1")]
    [InlineData("other:1")]
    public void WhatIsNoQuestion_IsRefused(string text) => Assert.Throws<FormatException>(() => ExplainQuestion.Parse(text));
}
