using System.Reflection;

namespace Orleans.Kpl.Grains.Tests.Management;

/// <summary>Grains whose every call ends with an error, as it is while their silo was lost and is not yet declared dead.</summary>
public class LostManager : DispatchProxy
{
    private Exception _error = new InvalidOperationException();
    private LostManager? _shared;

    /// <summary>How often a grain was called.</summary>
    public int Calls { get; private set; }

    /// <summary>A factory of such grains, and itself to count the calls.</summary>
    internal static (IGrainFactory Grains, LostManager Manager) Ending(Exception error)
    {
        var factory = Create<IGrainFactory, Factory>();
        var manager = new LostManager();
        ((Factory)factory).Make = type =>
        {
            var grain = (LostManager)Create(type, typeof(LostManager));
            (grain._error, grain._shared) = (error, manager);
            return grain;
        };
        return (factory, manager);
    }

    /// <inheritdoc />
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _shared!.Calls++;
        var type = targetMethod!.ReturnType;
        return type == typeof(Task)
            ? Task.FromException(_error)
            : typeof(Task).GetMethods().Single(m => m is { Name: nameof(Task.FromException), IsGenericMethod: true })
                .MakeGenericMethod(type.GetGenericArguments()).Invoke(null, [_error]);
    }

    /// <summary>Makes grains of any interface.</summary>
    public class Factory : DispatchProxy
    {
        internal Func<Type, object> Make { get; set; } = static _ => throw new InvalidOperationException();

        /// <inheritdoc />
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Make(targetMethod!.ReturnType);
    }
}
