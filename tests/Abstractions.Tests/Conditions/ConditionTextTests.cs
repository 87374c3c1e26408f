using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Abstractions.Tests.Conditions;

public sealed class ConditionTextTests
{
    [Theory]
    [InlineData("S127.0.0.1:11111:154459804", "127.0.0.1:11111")]
    [InlineData("embedded", "embedded")]
    [InlineData("S1", "S1")]
    [InlineData("Sure:thing", "Sure:thing")]
    public void Silo_HasTheAddressThatPeopleKnow(string name, string shown) => Assert.Equal(shown, ConditionText.Silo(name));

    [Theory]
    [InlineData("one line", "one line")]
    [InlineData("first\r\n   at A.B() in C.cs:line 1", "first")]
    [InlineData("first   at A.B() in C.cs:line 1", "first")]
    public void OneLine_HasNoStackTrace(string message, string shown) => Assert.Equal(shown, ConditionText.OneLine(message));

    [Theory]
    [InlineData("shardId-000000000012", "12")]
    [InlineData("shardId-000000000000", "0")]
    [InlineData("shard-1", "shard-1")]
    public void Shard_IsItsNumber(string id, string shown) => Assert.Equal(shown, ConditionText.Shard(id));

    [Theory]
    [InlineData("AccessDeniedException", "grant kinesis:PutRecords (PutRecord where Ordered is PutRecord), ListShards and DescribeStreamSummary: deploy/aws/policies has them")]
    [InlineData("KMSOptInRequired", "subscribe the account to KMS")]
    [InlineData("ConnectionLost", "look whether the endpoint restarts, and at NAT gateways and proxies that cut idle or long connections")]
    [InlineData("InternalFailure", "look at the AWS Health Dashboard")]
    public void NextStep_IsTheFirstSentenceOfTheAdvice_OrWhatHelpsWhereItLasts(string code, string step) => Assert.Equal(step, ConditionText.NextStep(code));
}
