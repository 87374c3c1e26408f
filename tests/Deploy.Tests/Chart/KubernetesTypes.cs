using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>The published types of Kubernetes and of what is installed into it: the compiler of TypeScript judges objects by them.</summary>
internal static class KubernetesTypes
{
    /// <summary>What the types refuse of each object; nothing where they take it.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<string>>> FindRefusedAsync(IEnumerable<JsonObject> objects)
    {
        StandIns.Need("kubernetes-models");
        StandIns.Need("typescript");
        var asked = new JsonArray([.. objects.Select(static o => o.DeepClone())]);
        var (code, output, error) = await StandIns.RunAsync(asked.ToJsonString(), "objects.mjs");
        Assert.True(code == 0, error);
        var told = JsonSerializer.Deserialize<string[][]>(output)!;
        Assert.Equal(asked.Count, told.Length);
        return told;
    }
}
