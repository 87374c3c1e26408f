using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Administration;
using Orleans.Serialization.Cloning;

namespace Orleans.Kpl.Surrogates;

/// <summary>
/// Serializes data about shards as the JSON that HTTP and the stored rows also use. It is requested by people and once a minute, and
/// its members grow over time.
/// </summary>
[GenerateSerializer, Alias("Orleans.Kpl.AdminText")]
internal struct AdminSurrogate
{
    [Id(0)] public string? Json;
}

/// <summary>Writes and reads one type as JSON. Within a process it is not copied.</summary>
internal abstract class AdminConverter<T>(JsonTypeInfo<T> type) : ShallowCopier<T>, IConverter<T, AdminSurrogate>
{
    public T ConvertFromSurrogate(in AdminSurrogate surrogate) => AdminJson.Read(surrogate.Json ?? "null", type);

    public AdminSurrogate ConvertToSurrogate(in T value) => new() { Json = JsonSerializer.Serialize(value, type) };
}

[RegisterConverter, RegisterCopier] internal sealed class StreamOverviewConverter() : AdminConverter<StreamOverview>(AdminJson.Default.StreamOverview);
[RegisterConverter, RegisterCopier] internal sealed class ShardPlanConverter() : AdminConverter<ShardPlan>(AdminJson.Default.ShardPlan);
[RegisterConverter, RegisterCopier] internal sealed class StartedOperationConverter() : AdminConverter<StartedOperation>(AdminJson.Default.StartedOperation);
[RegisterConverter, RegisterCopier] internal sealed class StreamOperationConverter() : AdminConverter<StreamOperation>(AdminJson.Default.StreamOperation);
[RegisterConverter, RegisterCopier] internal sealed class ScalingOptionsConverter() : AdminConverter<ScalingOptions>(AdminJson.Default.ScalingOptions);
[RegisterConverter, RegisterCopier] internal sealed class StreamCapacityConverter() : AdminConverter<StreamCapacity>(AdminJson.Default.StreamCapacity);
[RegisterConverter, RegisterCopier] internal sealed class CapacityChangeConverter() : AdminConverter<CapacityChange>(AdminJson.Default.CapacityChange);
[RegisterConverter, RegisterCopier] internal sealed class CapacityPlanConverter() : AdminConverter<CapacityPlan>(AdminJson.Default.CapacityPlan);
[RegisterConverter, RegisterCopier] internal sealed class StreamLoadConverter() : AdminConverter<StreamLoad>(AdminJson.Default.StreamLoad);
[RegisterConverter, RegisterCopier] internal sealed class StreamHeatConverter() : AdminConverter<StreamHeat>(AdminJson.Default.StreamHeat);
[RegisterConverter, RegisterCopier] internal sealed class LastNumbersConverter() : AdminConverter<LastNumbers>(AdminJson.Default.LastNumbers);
[RegisterConverter, RegisterCopier] internal sealed class StreamBooksConverter() : AdminConverter<StreamBooks>(AdminJson.Default.StreamBooks);
[RegisterConverter, RegisterCopier] internal sealed class FailedRecordPageConverter() : AdminConverter<FailedRecordPage>(AdminJson.Default.FailedRecordPage);
[RegisterConverter, RegisterCopier] internal sealed class RecordExplanationConverter() : AdminConverter<RecordExplanation>(AdminJson.Default.RecordExplanation);
