using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.DynamoDb.Tests;

public sealed class DynamoDbApiTests
{
    [Fact]
    public void PublicSurface_IsTheReviewedOne() => PublicApi.Check(typeof(DynamoDbBacklogStore).Assembly, "grains/DynamoDb");
}
