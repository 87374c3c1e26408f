using System.Text.Json;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Abstractions.Tests.Administration;

public sealed class HeatColumnTests
{
    /// <summary>Two shards as busy as each other, one that is not, and one that is full; a row with less than half of the mean is in no danger.</summary>
    [Fact]
    public void Danger_OfRowsThatFillTheirShard_IsHowNearItIs() => Assert.Equal(
        [0.25f, 0.25f, -1, -1, -1, 1], Column([0.85f, 0.85f, 0.85f, 0.79f, 0.85f, 2.5f], [10, 6, 2, 20, 2, 1]).Danger);

    /// <summary>What the page is told; a column that travels is told with the same, whoever made it.</summary>
    [Fact]
    public void Danger_InJson_IsLeftOutWhereThereIsNone()
    {
        Assert.Null(Column([0.79f, 0], [1, 0]).Danger);
        Assert.False(Json(Column([0.79f, 0], [1, 0])).TryGetProperty("danger", out _));
        Assert.Equal("[0,-1]", Json(Column([0.8f, 0], [1, 0])).GetProperty("danger").GetRawText());
    }

    private static HeatColumn Column(float[] use, float[] kib) => new() { Utilisation = use, KiBPerSecond = kib };

    private static JsonElement Json(HeatColumn column) => JsonDocument.Parse(JsonSerializer.Serialize(
        new StreamHeat { Stream = "events", Columns = [column], Shards = [] }, AdminJson.Default.StreamHeat)).RootElement.GetProperty("columns")[0];
}
