// The GPUs that Vulkan knows, by name: WebGPU runs on one of them on Linux, and drivers on Windows bring it along.
import koffi, { type LibraryHandle } from "koffi";
import { loadNative } from "./native-library.js";

export interface GpuAdapter {
  name: string;
  /** Computes on the CPU. */
  isSoftware: boolean;
}

const LOADERS: Partial<Record<NodeJS.Platform, string>> = { linux: "libvulkan.so.1", win32: "vulkan-1.dll" };

// vulkan_core.h, version 1.0: VkInstanceCreateInfo is 64 bytes of which only the first, its type, need not be zero.
const INSTANCE_CREATE_INFO_BYTES = 64;
const STRUCTURE_TYPE_INSTANCE_CREATE_INFO = 1;
/** VkPhysicalDeviceProperties is 824 bytes long. */
const PROPERTIES_BYTES = 1024;
const DEVICE_TYPE_OFFSET = 16;
const DEVICE_TYPE_CPU = 4;
const DEVICE_NAME_OFFSET = 20;
const DEVICE_NAME_BYTES = 256;
const POINTER_BYTES = 8;

/** Empty where there is none, or no Vulkan. */
export function listGpuAdapters(): GpuAdapter[] {
  const loader = LOADERS[process.platform];
  if (!loader) return [];
  try {
    return enumerate(loadNative(loader));
  } catch {
    return [];
  }
}

function enumerate(vulkan: LibraryHandle): GpuAdapter[] {
  const createInstance = vulkan.func("vkCreateInstance", "int", ["void *", "void *", koffi.out("void **")]);
  const enumerateDevices = vulkan.func("vkEnumeratePhysicalDevices", "int", ["void *", koffi.inout("uint32_t *"), "void *"]);
  const getProperties = vulkan.func("vkGetPhysicalDeviceProperties", "void", ["void *", "void *"]);
  const destroyInstance = vulkan.func("vkDestroyInstance", "void", ["void *", "void *"]);
  const info = Buffer.alloc(INSTANCE_CREATE_INFO_BYTES);
  info.writeUInt32LE(STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
  const instance: unknown[] = [null];
  if (createInstance(info, null, instance) !== 0) return [];
  try {
    const count = [0];
    enumerateDevices(instance[0], count, null);
    const devices = Buffer.alloc(count[0] * POINTER_BYTES);
    enumerateDevices(instance[0], count, devices);
    return Array.from({ length: count[0] }, (_, index) => {
      const properties = Buffer.alloc(PROPERTIES_BYTES);
      getProperties(devices.readBigUInt64LE(index * POINTER_BYTES), properties);
      const name = properties.subarray(DEVICE_NAME_OFFSET, DEVICE_NAME_OFFSET + DEVICE_NAME_BYTES).toString("utf8");
      return {
        name: name.slice(0, name.indexOf("\0")),
        isSoftware: properties.readUInt32LE(DEVICE_TYPE_OFFSET) === DEVICE_TYPE_CPU,
      };
    });
  } finally {
    destroyInstance(instance[0], null);
  }
}
