using Orleans.Kpl.DynamoDb.Backlog;

namespace Orleans.Kpl.DynamoDb.Tests;

public sealed class DynamoDbApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(DynamoDbBacklogStore).Assembly, "grains/DynamoDb");
}
